import { BodyStore } from './body-store.js';
import { freeBytes, MemoryFile } from './memory-file.js';

/** Shorter bodies are quicker sent in messages (docs/performance.md has the measurement). */
const leastBytes = 32 * 1024;

/** What a worker has for bodies of answers, as a part of what all requests have. */
const answersShare = 1 / 4;

/** Less is not worth having. */
const smallest = 1024 * 1024;

/** The memory that this server shares with its workers on this machine. */
export class SharedMemory {
  /** Where values of requests lie. */
  readonly values: BodyStore;
  readonly valuesFile: MemoryFile;
  readonly leastBytes = leastBytes;
  readonly #folder: string;

  private constructor(file: MemoryFile, folder: string) {
    this.valuesFile = file;
    this.values = new BodyStore(file, leastBytes);
    this.#folder = folder;
  }

  /**
   * @param folders where it may lie, the best one first: /dev/shm, then a private folder.
   * @param bytes most that values of requests take, and a quarter of it those of a worker's answers; no more than half of
   *   what is free in the folder.
   * @returns null where it cannot be had.
   */
  static open(folders: readonly string[], bytes: number): SharedMemory | null {
    for (const folder of folders) {
      const size = Math.floor(Math.min(bytes, freeBytes(folder) / 2));
      const file = size < smallest ? null : MemoryFile.create(folder, size);
      if (file) return new SharedMemory(file, folder);
    }
    return null;
  }

  /** Memory for the answers of one worker; null where it cannot be had. */
  answers(): MemoryFile | null {
    return MemoryFile.create(this.#folder, Math.floor(this.valuesFile.size * answersShare));
  }

  close(): void {
    this.values.close();
  }
}
