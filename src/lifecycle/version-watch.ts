import type { Logging } from '../observability/logging/logging.js';
import type { ModelVersion } from '../registry/model-version.js';
import type { Metric } from '../workers/link/worker-link.js';
import type { Worker, WorkerEvents } from '../workers/worker.js';
import type { OutputStream } from '../workers/worker-process.js';

/** Where what workers measure goes. */
export interface WorkerMeter {
  /** What a handler recorded with ts.metrics. */
  recorded(metrics: readonly Metric[]): void;
  /** A worker has loaded its model, this long (ms) after its process was asked for. */
  loaded(workerName: string, elapsedMs: number): void;
}

/** The ears of all workers: what they tell goes to their version, to the logs and to the meter. */
export class VersionWatch {
  readonly #logging: Logging;
  readonly #meter: WorkerMeter;

  constructor(logging: Logging, meter: WorkerMeter) {
    this.#logging = logging;
    this.#meter = meter;
  }

  eventsOf(version: ModelVersion): WorkerEvents {
    const log = this.#logging.ts('Worker');
    const patience = version.settings.maxRetryTimeoutSeconds;
    const output = this.#output(version);
    return {
      entered: (worker, state) => {
        log.info(`${worker.name} is ${state}`);
        if (state !== 'failed') return;
        version.workerGaveUp();
        log.error(`${worker.name} is not started again: it has failed for ${patience} s (maxRetryTimeoutInSec)`);
      },
      died: (worker, reason) => {
        version.workerDied(reason);
        log.warn(`${worker.name} died: ${reason}`);
      },
      loaded: (worker, elapsedMs) => {
        version.workerLoaded();
        this.#meter.loaded(worker.name, elapsedMs);
      },
      line: output,
      metrics: (_worker, metrics) => this.#meter.recorded(metrics),
      finished: () => {},
    };
  }

  /** One writer for each stream of each worker. */
  #output({ modelName: model, version }: ModelVersion): (worker: Worker, stream: OutputStream, line: string) => void {
    const writers = new Map<string, (line: string) => void>();
    return (worker, stream, line) => {
      const key = worker.id + stream;
      let write = writers.get(key);
      if (!write) {
        write = this.#logging.model({ worker: worker.id, model, version }, stream);
        writers.set(key, write);
      }
      write(line);
    };
  }
}
