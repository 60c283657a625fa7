import type { MetricHandle } from './metric.js';
import type { MetricsRegistry } from './metrics-registry.js';
import { ownMetrics } from './own-metrics.js';

/** What the meter reads off a request. */
export interface TimedRequest {
  /** performance.now() at admission. */
  readonly arrivedAt: number;
  /** performance.now() when a worker took it. */
  readonly dispatchedAt: number;
  /** As the caller named it; null where it named none. */
  readonly namedVersion: string | null;
  /** A customized describe. */
  readonly alone: boolean;
}

/** A batch that came back from a worker. */
export interface FinishedBatch {
  /** False where it failed as a whole. */
  readonly ok: boolean;
  readonly requests: readonly TimedRequest[];
  /** Milliseconds that it spent in the worker. */
  readonly elapsedMs: number;
  /** Milliseconds since the worker could have begun it. */
  readonly heldMs: number;
}

/** TorchServe's counters for one version as callers named it. */
interface NamedCounters {
  readonly requests: MetricHandle;
  readonly latency: MetricHandle;
  readonly queue: MetricHandle;
}

/** Records what one model version does. All of it is on the way of requests, so handles are made once and kept. */
export class VersionMeter {
  readonly #registry: MetricsRegistry;
  readonly #model: string;
  readonly #labels: readonly [model: string, version: string];
  readonly #named = new Map<string | null, NamedCounters>();
  readonly #failed = new Map<string, MetricHandle>();
  readonly #queueTime: MetricHandle;
  readonly #workerThreadTime: MetricHandle;
  readonly #requestSeconds: MetricHandle;
  readonly #batchSize: MetricHandle;
  readonly #batchWait: MetricHandle;
  readonly #handlerSeconds: MetricHandle;

  constructor(registry: MetricsRegistry, model: string, version: string) {
    const labels = [model, version] as const;
    this.#registry = registry;
    this.#model = model;
    this.#labels = labels;
    this.#queueTime = registry.server('QueueTime', ['Host']);
    this.#workerThreadTime = registry.server('WorkerThreadTime', ['Host']);
    this.#requestSeconds = registry.own(ownMetrics.requestSeconds).of(labels);
    this.#batchSize = registry.own(ownMetrics.batchSize).of(labels);
    this.#batchWait = registry.own(ownMetrics.batchWaitSeconds).of(labels);
    this.#handlerSeconds = registry.own(ownMetrics.handlerSeconds).of(labels);
  }

  /** A caller asks for an inference, which may still be refused. @param version as it named it; null where it named none. */
  asked(version: string | null): void {
    this.#of(version).requests.record(1);
  }

  /** A request was answered with an error. @param kind its name in the table of errors. */
  failed(kind: string): void {
    let handle = this.#failed.get(kind);
    if (!handle) {
      handle = this.#registry.own(ownMetrics.requestsFailed).of([...this.#labels, kind]);
      this.#failed.set(kind, handle);
    }
    handle.record(1);
  }

  /** A batch came back from a worker. */
  finished({ ok, requests, elapsedMs, heldMs }: FinishedBatch): void {
    this.#workerThreadTime.record(Math.max(0, Math.round(heldMs - elapsedMs)));
    this.#handlerSeconds.record(elapsedMs / 1000);
    const [first] = requests;
    if (!first || first.alone) return;
    this.#batchSize.record(requests.length);
    this.#batchWait.record((first.dispatchedAt - first.arrivedAt) / 1000);
    if (!ok) return;
    const now = performance.now();
    for (const { arrivedAt, dispatchedAt, namedVersion } of requests) {
      const { latency, queue } = this.#of(namedVersion);
      latency.record(microseconds(now - arrivedAt));
      queue.record(microseconds(dispatchedAt - arrivedAt));
      this.#queueTime.record(Math.trunc(dispatchedAt - arrivedAt));
      this.#requestSeconds.record((now - arrivedAt) / 1000);
    }
  }

  /** A worker process came up and begins to load the model. */
  workerStarted(): void {
    this.#registry.own(ownMetrics.workerStarts).of(this.#labels).record(1);
  }

  /** A worker has loaded the model, this long (ms) after its process was asked for. */
  workerLoaded(name: string, elapsedMs: number): void {
    this.#registry.server('WorkerLoadTime', [name, 'Host']).record(Math.round(elapsedMs));
    this.#registry
      .own(ownMetrics.workerLoadSeconds)
      .of(this.#labels)
      .record(elapsedMs / 1000);
  }

  /** A worker process ended unasked. */
  workerDied(reason: string): void {
    this.#registry
      .own(ownMetrics.workerDeaths)
      .of([...this.#labels, reason])
      .record(1);
  }

  /** Autoscaling changed the number of workers. @param cause what made it, in a word. */
  scaled(direction: 'up' | 'down', cause: string): void {
    this.#registry
      .own(ownMetrics.autoscaleDecisions)
      .of([...this.#labels, direction, cause])
      .record(1);
  }

  /** Autoscaling would have started more workers, and there was no room. @param bound what there was too little of. */
  scalingLimited(bound: string): void {
    this.#registry
      .own(ownMetrics.autoscaleLimited)
      .of([...this.#labels, bound])
      .record(1);
  }

  /** A worker will not come back, and nobody will ask for its figures under that name. */
  workerGone(name: string): void {
    this.#registry.forget('WorkerLoadTime', [name, 'Host']);
  }

  #of(version: string | null): NamedCounters {
    let counters = this.#named.get(version);
    if (!counters) {
      const values = [this.#model, version ?? 'default'];
      counters = {
        requests: this.#registry.server('ts_inference_requests_total', values),
        latency: this.#registry.server('ts_inference_latency_microseconds', values),
        queue: this.#registry.server('ts_queue_latency_microseconds', values),
      };
      this.#named.set(version, counters);
    }
    return counters;
  }
}

/** From milliseconds, to the nanosecond. */
function microseconds(milliseconds: number): number {
  return Math.round(milliseconds * 1e6) / 1e3;
}
