import { closeSync, constants, ftruncateSync, openSync, readSync, statfsSync, writeSync } from 'node:fs';

/** Linux: the file is made without a name, so that nothing is left of it whatever dies. */
const O_TMPFILE = 0o20200000;

/**
 * A file that lies in memory (tmpfs) and has no name: it goes when the last process that has it open does. Its pages are
 * given memory as they are written. Reads and writes are copies between buffers and memory, and block for no longer.
 */
export class MemoryFile {
  /** Bytes that it can hold. */
  readonly size: number;
  /** Opens it for other processes of the same user, as long as this one lives and has not closed it. */
  readonly path: string;
  readonly #descriptor: number;
  #closed = false;

  private constructor(descriptor: number, size: number) {
    this.#descriptor = descriptor;
    this.size = size;
    this.path = `/proc/${process.pid}/fd/${descriptor}`;
    ftruncateSync(descriptor, size);
  }

  /** Makes one in a folder, on tmpfs for choice. @returns null where that cannot be, as on systems other than Linux. */
  static create(folder: string, size: number): MemoryFile | null {
    if (process.platform !== 'linux') return null;
    try {
      return new MemoryFile(openSync(folder, O_TMPFILE | constants.O_RDWR, 0o600), size);
    } catch {
      return null;
    }
  }

  /** @returns false where memory ran out; what was written is then of no use. */
  write(bytes: Uint8Array, position: number): boolean {
    try {
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(this.#descriptor, bytes, done, bytes.length - done, position + done);
      }
      return true;
    } catch {
      return false;
    }
  }

  /** A copy. @throws RangeError where the file ends before. */
  read(position: number, length: number): Buffer {
    if (position + length > this.size) throw new RangeError('there is no such stretch of shared memory');
    const bytes = Buffer.allocUnsafeSlow(length);
    for (let done = 0; done < length; ) done += readSync(this.#descriptor, bytes, done, length - done, position + done);
    return bytes;
  }

  /** Gives all memory back; the bytes are zero from then on. */
  clear(): void {
    ftruncateSync(this.#descriptor, 0);
    ftruncateSync(this.#descriptor, this.size);
  }

  /** Safe to call twice. Processes that have opened it keep it. */
  close(): void {
    if (!this.#closed) closeSync(this.#descriptor);
    this.#closed = true;
  }
}

/** Bytes that are free where a folder lies; 0 where it does not. */
export function freeBytes(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return 0;
  }
}
