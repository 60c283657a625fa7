import { writeSync } from 'node:fs';
import { writeAll } from './descriptor.js';
import type { Target } from './line-writer.js';

/** Milliseconds after which a reader that takes nothing is not waited for at the end. */
const STUCK_AFTER = 1000;

/** The console: a terminal, a file, or a pipe whose reader may be slow, stuck or gone. */
export class ConsoleTarget implements Target {
  readonly #fd: 1 | 2;
  #gone = false;
  /** When the write that has not ended yet began. */
  #busySince: number | null = null;

  constructor(fd: 1 | 2) {
    this.#fd = fd;
  }

  async write(chunk: Buffer): Promise<void> {
    if (this.#gone) {
      return;
    }
    try {
      this.#busySince = Date.now();
      await writeAll(this.#fd, chunk);
    } catch (error) {
      // The terminal was closed, or the reader left: nothing said here will be read again.
      this.#gone = ['EPIPE', 'EIO', 'EBADF'].includes((error as NodeJS.ErrnoException).code ?? '');
      throw error;
    } finally {
      this.#busySince = null;
    }
  }

  writeSync(chunk: Buffer): void {
    const isStuck = this.#busySince !== null && Date.now() - this.#busySince > STUCK_AFTER;
    if (!this.#gone && !isStuck) {
      writeSync(this.#fd, chunk);
    }
  }

  async close(): Promise<void> {}
}
