import { torchServeVersion } from '../config/release.js';
import type { ServingError } from '../errors/serving-error.js';
import type { ErrorKind } from '../errors/table.js';
import type { Logging } from '../observability/logging/logging.js';
import type { VersionMeter } from '../observability/metrics/version-meter.js';
import type { RecordedMetric } from '../observability/metrics/worker-line.js';
import type { ModelVersion } from '../registry/model-version.js';
import { Code, type Metric, MetricType } from '../workers/link/worker-link.js';
import type { Worker, WorkerEvents } from '../workers/worker.js';
import type { OutputStream } from '../workers/worker-process.js';

/** Where what workers measure goes. */
export interface WorkerMeter {
  /** What a handler recorded with ts.metrics. */
  recorded(metric: RecordedMetric): void;
  /** Takes a line of a worker's output if it is a metric. @returns whether it was, and belongs in no log. */
  takeLine(line: string): boolean;
  /** Where a version tells what it does. */
  meterOf(model: string, version: string): VersionMeter;
}

/** The ears of all workers: what they tell goes to their version, to the logs and to the meter. */
export class VersionWatch {
  readonly #logging: Logging;
  readonly #meter: WorkerMeter;
  readonly #telemetry: boolean;

  /** @param telemetry whether deaths are counted in lines of the logger TELEMETRY_METRICS. */
  constructor(logging: Logging, meter: WorkerMeter, telemetry = false) {
    this.#logging = logging;
    this.#meter = meter;
    this.#telemetry = telemetry;
  }

  meterOf(model: string, version: string): VersionMeter {
    return this.#meter.meterOf(model, version);
  }

  /** @param meter the version's own. */
  eventsOf(version: ModelVersion, meter: VersionMeter): WorkerEvents {
    const log = this.#logging.ts('Worker');
    const patience = version.settings.maxRetryTimeoutSeconds;
    const output = this.#output(version);
    return {
      entered: (worker, state) => {
        log.info(`${worker.name} is ${state}`);
        if (state === 'loading') meter.workerStarted();
        if (state === 'stopped' || state === 'failed') meter.workerGone(worker.name);
        if (state !== 'failed') return;
        version.workerGaveUp();
        log.error(`${worker.name} is not started again: it has failed for ${patience} s (maxRetryTimeoutInSec)`);
      },
      died: (worker, message, reason) => {
        version.workerDied(message);
        meter.workerDied(reason);
        log.warn(`${worker.name} died: ${message}`);
        if (this.#telemetry)
          this.#logging.telemetry(`ModelServerError.Count:1|#TorchServe:${torchServeVersion},${reason}:-1`);
      },
      loaded: (worker, { openaiRoutes: routes = [], openaiModels: models = [] }, elapsedMs) => {
        version.workerLoaded({ routes, models });
        meter.workerLoaded(worker.name, elapsedMs);
      },
      line: output,
      metrics: (_worker, metrics) => {
        for (const metric of metrics) this.#meter.recorded(recordedMetric(metric));
      },
      finished: (_worker, { code, elapsedUs }, requests, heldMs) =>
        meter.finished({ ok: code === Code.OK, requests, elapsedMs: elapsedUs / 1000, heldMs }),
    };
  }

  /** One line, with its id, for each request that a model failed to answer; what a caller did wrong is no such thing. */
  failuresOf(model: string, version: string): (error: ServingError, requestId: string) => void {
    const log = this.#logging.ts('Worker');
    return ({ kind, message }, requestId) => {
      if (modelsFaults.has(kind)) log.warn(`${model} ${version}: ${message}`, { requestId });
    };
  }

  /** One writer for each stream of each worker. */
  #output({ modelName: model, version }: ModelVersion): (worker: Worker, stream: OutputStream, line: string) => void {
    const writers = new Map<string, (line: string) => void>();
    return (worker, stream, line) => {
      if (this.#meter.takeLine(line)) return;
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

/** Errors of a handler or its worker. */
const modelsFaults: ReadonlySet<ErrorKind> = new Set(['internal', 'predictionFailed', 'outOfMemory']);

const typeNames = {
  [MetricType.COUNTER]: 'counter',
  [MetricType.GAUGE]: 'gauge',
  [MetricType.HISTOGRAM]: 'histogram',
} as const;

function recordedMetric({ name, unit, type, value, dimensions, requestIds }: Metric): RecordedMetric {
  return { name, unit, type: typeNames[type], value, dimensions, requestIds };
}
