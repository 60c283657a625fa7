import type { Sequence } from './sequence.js';

/** The sequences that one worker holds. */
export class WorkerSequences {
  readonly sequences = new Set<Sequence>();
  /** Those of which a request may go to the worker, the longest ready first. */
  readonly ready = new Set<Sequence>();
  /** The worker will stop: what waits for it is served, and no more is taken. */
  retiring = false;
  #whenRetired: (() => void)[] = [];

  release(sequence: Sequence): void {
    this.sequences.delete(sequence);
    this.ready.delete(sequence);
  }

  /** Resolves when no request waits for this worker any more. */
  async retire(): Promise<void> {
    this.retiring = true;
    if (this.#waits()) await new Promise<void>((resolve) => this.#whenRetired.push(resolve));
  }

  checkRetired(): void {
    if (this.#whenRetired.length > 0 && !this.#waits()) this.gone();
  }

  gone(): void {
    for (const resolve of this.#whenRetired.splice(0)) resolve();
  }

  #waits(): boolean {
    for (const { waiting } of this.sequences) if (waiting.length > 0) return true;
    return false;
  }
}
