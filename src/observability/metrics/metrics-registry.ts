import { StartupError } from '../../errors/startup-error.js';
import type { Logger, Logging } from '../logging/logging.js';
import { exposition, expositionType } from './exposition.js';
import { Family, type FamilyDefinition, nameProblem } from './family.js';
import { LoggedMetric } from './logged-metric.js';
import { type Metric, type MetricHandle, silent, unlisted } from './metric.js';
import type { MetricDefinition, MetricDefinitions } from './metric-definition.js';

/** log: lines of the metric logs; prometheus: read at `/metrics`; legacy: three counters there, the rest in the logs. */
export type MetricsMode = 'log' | 'prometheus' | 'legacy';

/** What a registry works with. */
export interface MetricsRegistryOptions {
  readonly mode: MetricsMode;
  readonly definitions: MetricDefinitions;
  /** Where the definitions come from, for refusals. */
  readonly path: string;
  /** This machine's name: the value of host dimensions. */
  readonly host: string;
  readonly logging: Pick<Logging, 'ts' | 'tsMetrics' | 'modelMetrics'>;
}

/** What stays at `/metrics` in legacy mode, as counters whatever metrics.yaml says. */
const legacyCounters: ReadonlySet<string> = new Set([
  'ts_inference_requests_total',
  'ts_inference_latency_microseconds',
  'ts_queue_latency_microseconds',
]);

/** Every metric of the server, and what becomes of it in the mode that is configured. */
export class MetricsRegistry {
  readonly contentType = expositionType;
  readonly host: string;
  readonly #options: MetricsRegistryOptions;
  readonly #families = new Map<string, Family>();
  readonly #server: ReadonlyMap<string, Metric>;
  readonly #model: Map<string, Metric>;
  readonly #own = new Map<FamilyDefinition, Metric>();
  readonly #log: Logger;
  readonly #collectors: (() => void)[] = [];

  /** @throws StartupError where Prometheus would refuse a definition. */
  constructor(options: MetricsRegistryOptions) {
    this.#options = options;
    this.host = options.host;
    this.#log = options.logging.ts('Metrics');
    const { server, model } = options.definitions;
    this.#server = new Map(server.map((definition) => [definition.name, this.#make(definition, false)]));
    this.#model = new Map(model.map((definition) => [definition.name, this.#make(definition, true)]));
  }

  /**
   * A metric that the server records; one that metrics.yaml does not list records nothing.
   * @param values of its dimensions but the host. Where metrics.yaml gives it other dimensions, the log tells it.
   */
  server(name: string, values: readonly string[]): MetricHandle {
    try {
      return this.#server.get(name)?.of([...values, this.host]) ?? silent;
    } catch (error) {
      this.#log.error(`Failed to update frontend metric ${name}: ${(error as Error).message}`);
      return silent;
    }
  }

  /** Forgets what the server recorded of something that is gone. */
  forget(name: string, values: readonly string[]): void {
    this.#server.get(name)?.remove([...values, this.host]);
  }

  /** A metric that models record; null where it is not known. */
  model(name: string): Metric | null {
    return this.#model.get(name) ?? null;
  }

  /** Makes a model's metric known that metrics.yaml does not list. @throws Error where Prometheus would not take it. */
  detect(definition: MetricDefinition): Metric {
    const metric = this.#make(definition, true);
    this.#model.set(definition.name, metric);
    return metric;
  }

  /** A metric of ours, which metrics.yaml does not list: there is one where Prometheus reads, and nowhere else. */
  own(definition: FamilyDefinition): Metric {
    const known = this.#own.get(definition);
    if (known) return known;
    const metric = this.#options.mode === 'prometheus' ? this.#family(definition) : unlisted;
    this.#own.set(definition, metric);
    return metric;
  }

  /** The same for one whose values are looked up when they are read: `collect` sets them all anew. */
  observed(definition: FamilyDefinition, collect: (metric: Metric) => void): void {
    const metric = this.own(definition);
    if (!(metric instanceof Family)) return;
    this.#collectors.push(() => {
      metric.clear();
      collect(metric);
    });
  }

  /** What `/metrics` shows. @param names exact sample names to keep; empty: all. */
  render(names: readonly string[]): string {
    for (const collect of this.#collectors) collect();
    return exposition(this.#families.values(), names);
  }

  #make(definition: MetricDefinition, ofModels: boolean): Metric {
    const { mode, host, logging } = this.#options;
    const { name, unit, dimensions } = definition;
    const type = mode === 'legacy' ? 'counter' : definition.type;
    if (mode === 'prometheus' || (mode === 'legacy' && !ofModels && legacyCounters.has(name))) {
      return this.#family({ name, type, dimensions, help: `Torchserve prometheus ${type} metric with unit: ${unit}` });
    }
    const write = ofModels ? logging.modelMetrics : logging.tsMetrics;
    return new LoggedMetric(definition, host, (line) => write(line), ofModels);
  }

  #family(definition: FamilyDefinition): Family {
    const { name, dimensions } = definition;
    const { path } = this.#options;
    const problem = nameProblem(name, dimensions);
    if (problem) throw new StartupError(`Invalid configuration: metrics_config ${path}: ${problem}.`);
    if (this.#families.has(name)) {
      throw new StartupError(
        `Invalid configuration: metrics_config ${path} defines ${name} twice, and Prometheus knows metrics by their names alone; remove one of the two.`,
      );
    }
    const family = new Family(definition);
    this.#families.set(name, family);
    return family;
  }
}
