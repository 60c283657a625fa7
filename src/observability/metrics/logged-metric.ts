import { decimal } from './decimal.js';
import type { Metric, MetricHandle } from './metric.js';
import type { MetricDefinition } from './metric-definition.js';

/** A metric that is written to a log, each value by itself; counters are not added up there. */
export class LoggedMetric implements Metric {
  readonly #definition: MetricDefinition;
  readonly #host: string;
  readonly #write: (line: string) => void;
  readonly #ofModels: boolean;

  /**
   * @param write takes a line without its end.
   * @param ofModels whether its lines name requests.
   */
  constructor(definition: MetricDefinition, host: string, write: (line: string) => void, ofModels: boolean) {
    this.#definition = definition;
    this.#host = host;
    this.#write = write;
    this.#ofModels = ofModels;
  }

  /** With other than its number of values, as many pairs are written as there are both names and values for. */
  of(values: readonly string[]): MetricHandle {
    const { name, unit, dimensions } = this.#definition;
    const write = this.#write;
    // The last one is the host, which has its own place.
    const count = Math.max(0, Math.min(dimensions.length, values.length) - 1);
    const pairs = dimensions.slice(0, count).map((dimension, index) => `${dimension}:${values[index]}`);
    const head = `${name}.${unit}:`;
    const tail = `|#${pairs.join(',')}|#hostname:${this.#host},`;
    if (!this.#ofModels) return { record: (value) => write(`${head}${decimal(value)}${tail}${timestamp()}`) };
    return {
      record: (value, requestIds = []) =>
        write(`${head}${decimal(value)}${tail}requestID:${requestIds.join(',') || 'null'},${timestamp()}`),
    };
  }

  remove(): void {}
}

let second = Number.NaN;
let text = '';

/** Made once a second. */
function timestamp(): string {
  const now = Math.floor(Date.now() / 1000);
  if (now !== second) {
    second = now;
    text = `timestamp:${now}`;
  }
  return text;
}
