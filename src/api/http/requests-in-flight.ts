import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** The requests of a listener that have no whole answer yet, as a whole and by connection. */
export class RequestsInFlight {
  readonly #bySocket = new WeakMap<Socket, number>();
  #count = 0;
  #waiting: { readonly socket: Socket | null; readonly resolve: () => void }[] = [];

  /** Counts a request until its response is sent or its connection is gone. */
  begin(socket: Socket, response: ServerResponse): void {
    this.#count += 1;
    this.#bySocket.set(socket, (this.#bySocket.get(socket) ?? 0) + 1);
    response.once('close', () => {
      this.#count -= 1;
      this.#bySocket.set(socket, (this.#bySocket.get(socket) ?? 1) - 1);
      if (this.#waiting.length > 0) {
        this.#release();
      }
    });
  }

  /** Settles once nothing is under way on a connection, or on none at all. */
  settled(socket: Socket | null = null): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ socket, resolve });
      this.#release();
    });
  }

  #release(): void {
    const isSettled = (socket: Socket | null) =>
      (socket === null ? this.#count : (this.#bySocket.get(socket) ?? 0)) === 0;
    const settled = this.#waiting.filter(({ socket }) => isSettled(socket));
    this.#waiting = this.#waiting.filter(({ socket }) => !isSettled(socket));
    for (const { resolve } of settled) {
      resolve();
    }
  }
}
