import { writeSync } from 'node:fs';
import { writeAll } from './descriptor.js';
import type { Target } from './line-writer.js';

/** The console: a terminal, a file, or a pipe whose reader may be slow, stuck or gone. */
export class ConsoleTarget implements Target {
  readonly #fd: 1 | 2;
  #gone = false;

  constructor(fd: 1 | 2) {
    this.#fd = fd;
  }

  async write(chunk: Buffer): Promise<void> {
    if (this.#gone) {
      return;
    }
    try {
      await writeAll(this.#fd, chunk);
    } catch (error) {
      // The terminal was closed, or the reader left: nothing said here will be read again.
      this.#gone = ['EPIPE', 'EIO', 'EBADF'].includes((error as NodeJS.ErrnoException).code ?? '');
      throw error;
    }
  }

  writeSync(chunk: Buffer): void {
    if (!this.#gone) {
      writeSync(this.#fd, chunk);
    }
  }

  async close(): Promise<void> {}
}
