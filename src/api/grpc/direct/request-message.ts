import { status } from '@grpc/grpc-js';
import { prefixLength } from '../length-prefix.js';

/** A request that cannot be read, and the status that its call ends with. */
export class UnreadableRequest extends Error {
  readonly code: status;

  constructor(code: status, details: string) {
    super(details);
    this.code = code;
  }
}

/** The one message that a unary call sends, put together from the pieces in which it comes. */
export class RequestMessage {
  readonly #maxSize: number;
  #pieces: Buffer[] = [];
  #held = 0;
  /** Bytes of the message and its prefix; null until the prefix is there. */
  #whole: number | null = null;

  /** @param maxSize bytes of the message. */
  constructor(maxSize: number) {
    this.#maxSize = maxSize;
  }

  /** @throws UnreadableRequest where the message is compressed, too large, or not the only one. */
  add(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#held += piece.length;
    if (this.#whole === null && this.#held >= prefixLength) this.#whole = this.#wholeOf(this.#joined());
    if (this.#whole === null || this.#held <= this.#whole) return;
    throw new UnreadableRequest(status.UNIMPLEMENTED, 'Received a second request message for a unary method');
  }

  /** Gives the message away, when all of it has come. @throws UnreadableRequest where the caller sent less. */
  take(): Buffer {
    if (this.#held !== this.#whole) {
      throw new UnreadableRequest(status.UNIMPLEMENTED, 'Received no request message for a unary method');
    }
    const message = this.#joined().subarray(prefixLength);
    this.drop();
    return message;
  }

  /** Lets go of what it holds: a caller that has its answer may keep the call open. */
  drop(): void {
    this.#pieces = [];
  }

  #wholeOf(start: Buffer): number {
    if (start[0] !== 0) {
      throw new UnreadableRequest(
        status.INTERNAL,
        'Received a compressed message in a call that names no grpc-encoding',
      );
    }
    const size = start.readUInt32BE(1);
    if (size <= this.#maxSize) return prefixLength + size;
    throw new UnreadableRequest(
      status.RESOURCE_EXHAUSTED,
      `Received message larger than max (${size} vs ${this.#maxSize})`,
    );
  }

  #joined(): Buffer {
    const [first] = this.#pieces;
    return this.#pieces.length === 1 ? (first as Buffer) : Buffer.concat(this.#pieces, this.#held);
  }
}
