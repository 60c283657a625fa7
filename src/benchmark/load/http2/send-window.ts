import { flag, frame, frameType, mostFrameBytes } from './frame.js';

/** A body of which not all could go yet. */
interface Waiting {
  rest: Buffer;
  /** Bytes that its stream still takes, beside what all of them share. */
  window: number;
}

/** What the server takes: for the connection, and for each stream whose body waits. */
export class SendWindow {
  readonly #write: (bytes: Buffer) => void;
  readonly #waiting = new Map<number, Waiting>();
  #connection = 65_535;
  #initial = 65_535;

  constructor(write: (bytes: Buffer) => void) {
    this.#write = write;
  }

  /** What each stream takes from its begin on, as the server's settings say. */
  set initial(bytes: number) {
    for (const waiting of this.#waiting.values()) waiting.window += bytes - this.#initial;
    this.#initial = bytes;
    this.#flush();
  }

  /** Whether a body can go at once on a new stream; then it has. */
  takes(bytes: number): boolean {
    if (bytes > this.#connection || bytes > this.#initial || this.#waiting.size > 0) return false;
    this.#connection -= bytes;
    return true;
  }

  /** Sends a body as the windows let it. */
  send(stream: number, body: Buffer): void {
    this.#waiting.set(stream, { rest: body, window: this.#initial });
    this.#flush();
  }

  /** @param stream 0 for the connection. */
  widen(stream: number, bytes: number): void {
    const waiting = this.#waiting.get(stream);
    if (stream === 0) this.#connection += bytes;
    else if (waiting) waiting.window += bytes;
    this.#flush();
  }

  forget(stream: number): void {
    this.#waiting.delete(stream);
  }

  #flush(): void {
    for (const [stream, waiting] of this.#waiting) {
      for (;;) {
        const length = Math.min(waiting.rest.length, waiting.window, this.#connection, mostFrameBytes);
        if (length <= 0 && waiting.rest.length > 0) break;
        const last = length === waiting.rest.length;
        this.#write(frame(frameType.data, last ? flag.endStream : 0, stream, waiting.rest.subarray(0, length)));
        this.#connection -= length;
        waiting.window -= length;
        waiting.rest = waiting.rest.subarray(length);
        if (last) {
          this.#waiting.delete(stream);
          break;
        }
      }
    }
  }
}
