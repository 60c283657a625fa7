import { closeSync, fstatSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { writeAll } from './descriptor.js';
import type { Target } from './line-writer.js';
import type { RolledFiles } from './rolled-files.js';

/** When a file is put aside and begun anew. */
export interface Rotation {
  /** Bytes; null: never for its size. */
  readonly maxSize: number | null;
  /** Whether also when the date in the names of rolled files changes. */
  readonly byDate: boolean;
  readonly rolled: RolledFiles;
}

/** A log file that is put aside when it is large or old enough. A failed rotation leaves it growing. */
export class RollingFile implements Target {
  readonly #path: string;
  readonly #rotation: Rotation | null;
  #fd: number;
  #size = 0;
  /** When what the file holds was written. */
  #since = 0;

  /** Opens the file, and makes its folder. @throws the system's error where that cannot be done. */
  constructor(path: string, rotation: Rotation | null) {
    this.#path = path;
    this.#rotation = rotation;
    mkdirSync(dirname(path), { recursive: true });
    this.#fd = this.#open();
    rotation?.rolled.resume();
  }

  #open(): number {
    const fd = openSync(this.#path, 'a');
    const { size, mtimeMs } = fstatSync(fd);
    this.#size = size;
    this.#since = size > 0 ? mtimeMs : Date.now();
    return fd;
  }

  async write(chunk: Buffer): Promise<void> {
    this.#rollIfDue(chunk.length);
    await writeAll(this.#fd, chunk);
    this.#size += chunk.length;
  }

  writeSync(chunk: Buffer): void {
    writeSync(this.#fd, chunk);
  }

  #rollIfDue(coming: number): void {
    const rotation = this.#rotation;
    if (rotation === null) {
      return;
    }
    const tooLarge = rotation.maxSize !== null && this.#size + coming > rotation.maxSize;
    const tooOld = rotation.byDate && rotation.rolled.stamp(this.#since) !== rotation.rolled.stamp(Date.now());
    if (this.#size > 0 && (tooLarge || tooOld)) {
      rotation.rolled.putAside(this.#path, this.#since);
      closeSync(this.#fd);
      this.#fd = this.#open();
    } else if (this.#size === 0) {
      this.#since = Date.now();
    }
  }

  async close(): Promise<void> {
    closeSync(this.#fd);
    await this.#rotation?.rolled.settled();
  }
}
