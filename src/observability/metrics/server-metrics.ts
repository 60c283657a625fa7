import type { Config } from '../../config/config.js';
import type { Logging } from '../logging/logging.js';
import { HttpMetrics } from './http-metrics.js';
import type { Metric, MetricHandle } from './metric.js';
import { readMetricDefinitions } from './metric-definition.js';
import { MetricsRegistry } from './metrics-registry.js';
import { ModelMetrics } from './model-metrics.js';
import { ownMetrics } from './own-metrics.js';
import { VersionMeter } from './version-meter.js';
import type { RecordedMetric } from './worker-line.js';

/** One version at the moment of a scrape. */
export interface ObservedVersion {
  readonly modelName: string;
  readonly version: string;
  readonly minWorkers: number;
  readonly pendingRequests: number;
  readonly remainingCapacity: number;
  /** null where autoscaling is off. */
  readonly autoscale: { readonly workersWanted: number } | null;
  readonly workers: readonly { readonly id: string; readonly state: string; readonly memoryBytes: number }[];
}

/** The shared memory of large request bodies at the moment of a scrape. */
export interface ObservedMemory {
  readonly takenBytes: number;
  /** So far. */
  readonly refused: number;
}

/** What the metrics are made of. */
export interface ServerMetricsOptions {
  readonly config: Pick<Config, 'metricsMode' | 'modelMetricsAutoDetect'>;
  /** metrics.yaml. */
  readonly path: string;
  readonly host: string;
  readonly version: string;
  readonly logging: Pick<Logging, 'ts' | 'tsMetrics' | 'modelMetrics'>;
}

/** Every metric of the server: where the parts tell what happens, and what `/metrics` shows. */
export class ServerMetrics {
  readonly registry: MetricsRegistry;
  readonly contentType: string;
  readonly #models: ModelMetrics;
  readonly #http: HttpMetrics;
  readonly #grpcCalls: Metric;
  readonly #toWorkers: MetricHandle;
  readonly #fromWorkers: MetricHandle;
  #versions: () => readonly ObservedVersion[] = () => [];
  #memory: ObservedMemory | null = null;

  /** @throws StartupError where metrics.yaml cannot be used. */
  constructor({ config, path, host, version, logging }: ServerMetricsOptions) {
    const log = logging.ts('Metrics');
    const definitions = readMetricDefinitions(path);
    for (const warning of definitions.warnings) log.warn(warning);
    this.registry = new MetricsRegistry({ mode: config.metricsMode, definitions, path, host, logging });
    log.info(`Successfully loaded metrics configuration from ${path}`);
    this.contentType = this.registry.contentType;
    this.#http = new HttpMetrics(this.registry);
    this.#models = new ModelMetrics(this.registry, log, config.modelMetricsAutoDetect);
    this.#grpcCalls = this.registry.own(ownMetrics.grpcCalls);
    this.#toWorkers = this.registry.own(ownMetrics.linkBytes).of(['to_worker']);
    this.#fromWorkers = this.registry.own(ownMetrics.linkBytes).of(['from_worker']);
    this.#observe(version);
  }

  /** See MetricsExposition. */
  render(names: readonly string[]): string {
    return this.registry.render(names);
  }

  /** The versions that there are are looked up at every scrape. */
  watchVersions(versions: () => readonly ObservedVersion[]): void {
    this.#versions = versions;
  }

  /** The shared memory is looked at at every scrape. */
  watchMemory(memory: ObservedMemory): void {
    this.#memory = memory;
  }

  meterOf(model: string, version: string): VersionMeter {
    return new VersionMeter(this.registry, model, version);
  }

  /** An HTTP response began. */
  responded(status: number): void {
    this.#http.responded(status);
  }

  /** A gRPC call ended. @param code name of its status. */
  called(method: string, code: string): void {
    this.#grpcCalls.of([method, code]).record(1);
  }

  /** Messages crossed a worker's link. */
  linked(direction: 'to_worker' | 'from_worker', bytes: number): void {
    (direction === 'to_worker' ? this.#toWorkers : this.#fromWorkers).record(bytes);
  }

  /** A nursery forked a worker, or would not. @param elapsedMs null where it refused. */
  forked(elapsedMs: number | null): void {
    if (elapsedMs === null) this.registry.own(ownMetrics.nurseryRefusals).of([]).record(1);
    else
      this.registry
        .own(ownMetrics.nurseryForkSeconds)
        .of([])
        .record(elapsedMs / 1000);
  }

  /** A handler recorded something. */
  recorded(metric: RecordedMetric): void {
    this.#models.record(metric);
  }

  /** Takes a line of a worker's output if it is a metric. @returns whether it was, and belongs in no log. */
  takeLine(line: string): boolean {
    return this.#models.takeLine(line);
  }

  #observe(serverVersion: string): void {
    const { registry } = this;
    const each =
      (collect: (metric: Metric, version: ObservedVersion, labels: readonly [string, string]) => void) =>
      (metric: Metric) => {
        for (const one of this.#versions()) collect(metric, one, [one.modelName, one.version]);
      };
    registry.observed(ownMetrics.info, (metric) => metric.of([serverVersion]).record(1));
    registry.observed(
      ownMetrics.queueDepth,
      each((metric, { pendingRequests }, labels) => metric.of(labels).record(pendingRequests)),
    );
    registry.observed(
      ownMetrics.queueRoom,
      each((metric, { remainingCapacity }, labels) => metric.of(labels).record(remainingCapacity)),
    );
    registry.observed(
      ownMetrics.workersWanted,
      each((metric, { minWorkers }, labels) => metric.of(labels).record(minWorkers)),
    );
    registry.observed(
      ownMetrics.autoscaleWanted,
      each((metric, { autoscale }, labels) => {
        if (autoscale !== null) metric.of(labels).record(autoscale.workersWanted);
      }),
    );
    registry.observed(
      ownMetrics.workers,
      each((metric, { workers }, labels) => {
        const counts = new Map<string, number>([['ready', 0]]);
        for (const { state } of workers) counts.set(state, (counts.get(state) ?? 0) + 1);
        for (const [state, count] of counts) metric.of([...labels, state]).record(count);
      }),
    );
    registry.observed(
      ownMetrics.workerMemory,
      each((metric, { workers }, labels) => {
        for (const { id, memoryBytes } of workers) if (memoryBytes > 0) metric.of([...labels, id]).record(memoryBytes);
      }),
    );
    registry.observed(ownMetrics.sharedMemoryBytes, (metric) => metric.of([]).record(this.#memory?.takenBytes ?? 0));
    registry.observed(ownMetrics.sharedMemoryRefusals, (metric) => metric.of([]).record(this.#memory?.refused ?? 0));
    let last = performance.eventLoopUtilization();
    registry.observed(ownMetrics.eventLoop, (metric) => {
      const now = performance.eventLoopUtilization();
      metric.of([]).record(performance.eventLoopUtilization(now, last).utilization);
      last = now;
    });
    registry.observed(ownMetrics.serverMemory, (metric) => metric.of([]).record(process.memoryUsage.rss()));
    // So that each is there before anything happens.
    for (const definition of Object.values(ownMetrics)) registry.own(definition);
  }
}
