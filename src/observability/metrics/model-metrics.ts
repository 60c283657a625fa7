import type { Logger } from '../logging/logging.js';
import { LoggedMetric } from './logged-metric.js';
import type { Metric, MetricHandle } from './metric.js';
import { modelHostDimension } from './metric-definition.js';
import type { MetricsRegistry } from './metrics-registry.js';
import { metricStart, parseMetric, type RecordedMetric } from './worker-line.js';

/** Combinations of metric and dimension values whose handles are kept. */
const mostHandles = 10_000;

/** Records what models and their handlers measure. */
export class ModelMetrics {
  readonly #registry: MetricsRegistry;
  readonly #log: Logger;
  readonly #autoDetect: boolean;
  readonly #handles = new Map<string, MetricHandle>();

  /** @param autoDetect whether metrics that metrics.yaml does not list are taken. */
  constructor(registry: MetricsRegistry, log: Logger, autoDetect: boolean) {
    this.#registry = registry;
    this.#log = log;
    this.#autoDetect = autoDetect;
  }

  record(metric: RecordedMetric): void {
    try {
      this.#handle(metric)?.record(metric.value, metric.requestIds);
    } catch (error) {
      this.#log.error(`Failed to update backend metric ${metric.name}: ${(error as Error).message}`);
    }
  }

  /** Takes a line of a worker's output if it is meant as a metric. @returns whether it was, and belongs in no log. */
  takeLine(line: string): boolean {
    const start = metricStart(line);
    if (start < 0) return false;
    const metric = parseMetric(line.slice(start));
    if (metric) this.record(metric);
    else this.#log.error(`Failed to parse metrics line: "${line.slice(start)}".`);
    return true;
  }

  #handle(metric: RecordedMetric): MetricHandle | null {
    const values = metric.dimensions.filter((_, index) => index % 2 === 1);
    const key = `${metric.name}\0${values.join('\0')}`;
    const known = this.#handles.get(key);
    if (known) return known;
    const handle = (this.#registry.model(metric.name) ?? this.#detected(metric))?.of([...values, this.#registry.host]);
    if (!handle) return null;
    if (this.#handles.size >= mostHandles) this.#handles.clear();
    this.#handles.set(key, handle);
    return handle;
  }

  /** null where it is dropped. @throws Error where it cannot be taken. */
  #detected(metric: RecordedMetric): Metric | null {
    if (!this.#autoDetect) return null;
    const { name, unit, type } = metric;
    const dimensions = [...metric.dimensions.filter((_, index) => index % 2 === 0), modelHostDimension];
    this.#log.info(`Registering auto detected backend metric: ${this.#asLogged(metric, dimensions)}`);
    return this.#registry.detect({ name, unit, type: type ?? 'counter', dimensions });
  }

  #asLogged({ name, unit, value, dimensions, requestIds }: RecordedMetric, names: readonly string[]): string {
    let text = '';
    const { host } = this.#registry;
    const write = (line: string): void => {
      text = line;
    };
    const values = [...dimensions.filter((_, index) => index % 2 === 1), host];
    new LoggedMetric({ name, unit, type: 'gauge', dimensions: names }, host, write, requestIds.length > 0)
      .of(values)
      .record(value, requestIds);
    return text;
  }
}
