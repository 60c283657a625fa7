import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

interface Connection {
  count: number;
  latest: { readonly request: IncomingMessage; readonly response: ServerResponse };
}

interface Waiter {
  readonly isSettled: () => boolean;
  readonly resolve: () => void;
}

/** The requests of a listener that have no whole answer yet, as a whole and by connection. */
export class RequestsInFlight {
  readonly #connections = new WeakMap<Socket, Connection>();
  #count = 0;
  #waiters: Waiter[] = [];

  /** Counts a request until its response is sent or its connection is gone; one that switches to WebSocket, until the latter. */
  begin(request: IncomingMessage, response: ServerResponse, until: ServerResponse | Socket = response): void {
    const { socket } = request;
    const known = this.#connections.get(socket);
    const connection = known ?? { count: 0, latest: { request, response } };
    if (known === undefined) {
      this.#connections.set(socket, connection);
    }
    connection.count += 1;
    connection.latest = { request, response };
    this.#count += 1;
    until.once('close', () => {
      connection.count -= 1;
      this.#count -= 1;
      if (this.#waiters.length > 0) {
        this.#release();
      }
    });
  }

  /** Settles once nothing is under way. */
  settled(): Promise<void> {
    return this.#wait(() => this.#count === 0);
  }

  /**
   * Settles once every request that arrived as a whole on a connection is answered.
   * @returns whether an answer to the one that did not was begun
   */
  async wholeOnesSettled(socket: Socket): Promise<boolean> {
    const connection = this.#connections.get(socket);
    if (connection === undefined) {
      return false;
    }
    const { request, response } = connection.latest;
    const broken = !request.complete && !response.writableFinished;
    await this.#wait(() => connection.count <= (broken ? 1 : 0));
    return broken && response.headersSent;
  }

  #wait(isSettled: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#waiters.push({ isSettled, resolve });
      this.#release();
    });
  }

  #release(): void {
    const settled = this.#waiters.filter(({ isSettled }) => isSettled());
    this.#waiters = this.#waiters.filter((waiter) => !settled.includes(waiter));
    for (const { resolve } of settled) {
      resolve();
    }
  }
}
