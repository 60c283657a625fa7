import type { Desk } from './desk.js';
import type { BatchResult, LinkListener, LoadOutcome, Metric, WorkerAnswer, WorkerLink } from './link/worker-link.js';

/** The stream of one process: hands what the worker says to whom it concerns. */
export class LinkSession implements LinkListener {
  /** Set once the worker serves. */
  desk: Desk | null = null;
  readonly whenLoaded: Promise<LoadOutcome>;
  readonly whenClosed: Promise<'closed'>;
  readonly #onMetrics: (metrics: readonly Metric[]) => void;
  #resolveLoaded!: (outcome: LoadOutcome) => void;
  #resolveClosed!: (word: 'closed') => void;

  constructor(link: WorkerLink, onMetrics: (metrics: readonly Metric[]) => void) {
    this.#onMetrics = onMetrics;
    this.whenLoaded = new Promise((resolve) => {
      this.#resolveLoaded = resolve;
    });
    this.whenClosed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    link.listen(this);
  }

  loaded(outcome: LoadOutcome): void {
    this.#resolveLoaded(outcome);
  }

  result(result: BatchResult): void {
    this.desk?.result(result);
  }

  piece(batchId: number, index: number, answer: WorkerAnswer): void {
    this.desk?.piece(batchId, index, answer);
  }

  metrics(metrics: readonly Metric[]): void {
    this.#onMetrics(metrics);
  }

  closed(): void {
    this.#resolveClosed('closed');
  }
}
