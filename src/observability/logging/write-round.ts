/**
 * Milliseconds that a line waits for others. Four times as many save the frontend another tenth of its CPU for an image of a
 * large network, but who looks for a line right after an answer would miss it (docs/performance.md).
 */
const DELAY = 50;

/**
 * When lines are written: those of all writers at one moment. The event loop, and the threads that write for it, are then woken
 * once for all of the files; each such time takes a core from a model that uses them all.
 */
export class WriteRound {
  readonly #delayMs: number;
  #starts = new Set<() => void>();
  #timer: NodeJS.Timeout | null = null;

  /** @param delayMs how long the first line of a round waits. */
  constructor(delayMs = DELAY) {
    this.#delayMs = delayMs;
  }

  /** `start` is called at the end of this round, once however often it is given. */
  join(start: () => void): void {
    this.#starts.add(start);
    this.#timer ??= setTimeout(() => this.#end(), this.#delayMs).unref();
  }

  /** `start` is not called any more. */
  leave(start: () => void): void {
    this.#starts.delete(start);
  }

  #end(): void {
    const starts = this.#starts;
    this.#starts = new Set();
    this.#timer = null;
    for (const start of starts) {
      start();
    }
  }
}
