import type { IncomingMessage } from 'node:http';
import { ServingError } from '../../errors/serving-error.js';
import type { BodyStore, StoredBody } from '../../workers/shared-memory/body-store.js';

const EMPTY = Buffer.alloc(0);

/** The client went away before its request was complete: there is nobody to answer. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone';
}

/** Where the pieces of a body go. */
interface Vessel<T> {
  add(piece: Buffer): void;
  /** All of it has come. */
  whole(): T;
  /** The rest will not come. */
  abandon(): void;
}

/**
 * Collects a request body.
 * @param limit the most bytes that are taken
 * @throws ServingError tooLarge as soon as that is known (what still comes is left to be discarded); ClientGone.
 */
export function readBody(request: IncomingMessage, limit: number): Promise<Buffer> | Buffer {
  return hasBody(request, limit) ? receive(request, limit, new Heap()) : EMPTY;
}

/**
 * The same, but a body that is large enough, and says how large it is, is put into the store piece by piece as it
 * arrives. Whoever asked holds it, and must release it.
 */
export function storeBody(
  request: IncomingMessage,
  limit: number,
  store: BodyStore,
): Promise<Buffer | StoredBody> | Buffer {
  if (!hasBody(request, limit)) return EMPTY;
  const declared = request.headers['content-length'];
  const stored = declared === undefined ? null : store.reserve(Number(declared));
  return receive<Buffer | StoredBody>(request, limit, stored ? new Store(stored) : new Heap());
}

function hasBody({ headers }: IncomingMessage, limit: number): boolean {
  const declared = headers['content-length'];
  if (declared !== undefined && Number(declared) > limit) throw tooLarge(limit);
  return declared === undefined ? headers['transfer-encoding'] !== undefined : declared !== '0';
}

function receive<T>(request: IncomingMessage, limit: number, vessel: Vessel<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    let length = 0;
    const stop = () => {
      request.off('data', onData);
      request.off('end', onEnd);
      request.off('close', onClose);
      request.off('error', onClose);
    };
    const onData = (piece: Buffer) => {
      length += piece.length;
      if (length > limit) {
        stop();
        vessel.abandon();
        // Without a reader the stream would stand still, and its connection with it.
        request.on('error', () => {});
        request.resume();
        reject(tooLarge(limit));
        return;
      }
      vessel.add(piece);
    };
    const onEnd = () => {
      stop();
      resolve(vessel.whole());
    };
    const onClose = () => {
      stop();
      vessel.abandon();
      request.on('error', () => {});
      reject(new ClientGone());
    };
    request.on('data', onData);
    request.on('end', onEnd);
    request.on('close', onClose);
    request.on('error', onClose);
  });
}

class Heap implements Vessel<Buffer> {
  readonly #pieces: Buffer[] = [];

  add(piece: Buffer): void {
    this.#pieces.push(piece);
  }

  whole(): Buffer {
    const [only] = this.#pieces;
    return this.#pieces.length === 1 && only ? only : Buffer.concat(this.#pieces);
  }

  abandon(): void {}
}

/** Shared memory; the heap where that gives out. */
class Store implements Vessel<Buffer | StoredBody> {
  #stored: StoredBody | null;
  readonly #heap = new Heap();

  constructor(stored: StoredBody) {
    this.#stored = stored;
  }

  add(piece: Buffer): void {
    if (this.#stored?.append(piece)) return;
    if (this.#stored) this.#heap.add(this.#stored.read());
    this.abandon();
    this.#heap.add(piece);
  }

  whole(): Buffer | StoredBody {
    return this.#stored ?? this.#heap.whole();
  }

  abandon(): void {
    this.#stored?.release();
    this.#stored = null;
  }
}

function tooLarge(limit: number): ServingError {
  return new ServingError(
    'tooLarge',
    `The request body is larger than ${limit} bytes, the max_request_size of this server.`,
  );
}
