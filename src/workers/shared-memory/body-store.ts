import type { StoredBytes } from '../../batching/inference.js';
import type { MemoryFile } from './memory-file.js';
import { Stretches } from './stretches.js';

/** How long (ms) nothing lies in the store before its memory is given back. */
const idleMs = 10_000;

/**
 * Large values of requests, kept where every worker of this machine can read them: written once, as they arrive, and
 * never sent. Who put a value there owns it until its request is answered, so it survives the death of a worker; a
 * worker's link holds on to it as long as that worker may read it.
 */
export class BodyStore {
  /** Values of fewer bytes are quicker sent than kept. */
  readonly leastBytes: number;
  readonly #file: MemoryFile;
  readonly #stretches: Stretches;
  #idle: NodeJS.Timeout | null = null;
  #refused = 0;

  constructor(file: MemoryFile, leastBytes: number) {
    this.#file = file;
    this.#stretches = new Stretches(file.size);
    this.leastBytes = leastBytes;
  }

  /** Bytes that values take now. */
  get takenBytes(): number {
    return this.#stretches.takenBytes;
  }

  /** How many values there was no room for, so far. */
  get refused(): number {
    return this.#refused;
  }

  /** Room for a value that is about to arrive; null where it is too short to be worth it, or there is none. */
  reserve(length: number): StoredBody | null {
    if (length < this.leastBytes) return null;
    const offset = this.#stretches.take(length);
    if (offset === null) {
      this.#refused += 1;
      return null;
    }
    this.#rest(false);
    return new StoredBody(this.#file, offset, length, () => this.#give(offset));
  }

  /** Puts a value there; null where it is too short to be worth it, or there is no room. */
  keep(value: Uint8Array): StoredBody | null {
    const body = this.reserve(value.length);
    if (!body || body.append(value)) return body;
    body.release();
    return null;
  }

  close(): void {
    this.#rest(false);
    this.#file.close();
  }

  #give(offset: number): void {
    this.#stretches.give(offset);
    if (this.#stretches.count === 0) this.#rest(true);
  }

  #rest(begins: boolean): void {
    if (this.#idle) clearTimeout(this.#idle);
    this.#idle = begins ? setTimeout(() => this.#file.clear(), idleMs).unref() : null;
  }
}

/** One value in the store. It has one holder at first, and goes when it has none. */
export class StoredBody implements StoredBytes {
  readonly offset: number;
  readonly length: number;
  readonly #file: MemoryFile;
  readonly #onFree: () => void;
  #written = 0;
  #holders = 1;

  constructor(file: MemoryFile, offset: number, length: number, onFree: () => void) {
    this.#file = file;
    this.offset = offset;
    this.length = length;
    this.#onFree = onFree;
  }

  /** Adds the next piece. @returns false where memory ran out; what came before it can still be read. */
  append(piece: Uint8Array): boolean {
    if (this.#written + piece.length > this.length) throw new RangeError('more arrives than was announced');
    if (!this.#file.write(piece, this.offset + this.#written)) return false;
    this.#written += piece.length;
    return true;
  }

  /** A copy of what was written so far. */
  read(): Buffer {
    return this.#file.read(this.offset, this.#written);
  }

  /** One holder more. @returns false where it has gone already. */
  hold(): boolean {
    if (this.#holders === 0) return false;
    this.#holders += 1;
    return true;
  }

  /** One holder less. */
  release(): void {
    if (this.#holders === 0) return;
    this.#holders -= 1;
    if (this.#holders === 0) this.#onFree();
  }
}
