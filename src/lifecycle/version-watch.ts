import type { Metric__Output } from '../generated/torchbridge/worker/v1/Metric.js';
import type { ModelVersion } from '../registry/model-version.js';
import type { WorkerEvents } from '../workers/worker.js';
import type { OutputStream } from '../workers/worker-process.js';

/** Where what workers do and say is written. */
export interface WorkerJournal {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
  /** One line that a worker printed. */
  line(workerName: string, stream: OutputStream, line: string): void;
  /** What a handler recorded with ts.metrics. */
  metrics(metrics: readonly Metric__Output[]): void;
  /** A worker has loaded its model, this long (ms) after its process was asked for. */
  loaded(workerName: string, elapsedMs: number): void;
}

/** The ears of all workers: what they tell goes to their version, and into the journal. */
export class VersionWatch {
  readonly #journal: WorkerJournal;

  constructor(journal: WorkerJournal) {
    this.#journal = journal;
  }

  eventsOf(version: ModelVersion): WorkerEvents {
    const journal = this.#journal;
    return {
      entered: (worker, state) => {
        journal.info(`${worker.name} is ${state}`);
        if (state === 'failed') {
          version.workerGaveUp();
          journal.error(`${worker.name} is not tried again: it failed for ${version.settings.maxRetryTimeoutSeconds} s (maxRetryTimeoutInSec)`);
        }
      },
      died: (worker, reason) => {
        version.workerDied(reason);
        journal.warn(`${worker.name} died: ${reason}`);
      },
      loaded: (worker, elapsedMs) => {
        version.workerLoaded();
        journal.loaded(worker.name, elapsedMs);
      },
      line: (worker, stream, line) => journal.line(worker.name, stream, line),
      metrics: (_worker, metrics) => journal.metrics(metrics),
      finished: () => {},
    };
  }
}
