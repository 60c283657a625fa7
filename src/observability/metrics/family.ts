import { decimal } from './decimal.js';
import type { Metric, MetricHandle } from './metric.js';
import type { MetricDefinition } from './metric-definition.js';

/** What a family is made of. */
export interface FamilyDefinition extends Pick<MetricDefinition, 'name' | 'type' | 'dimensions'> {
  /** What stands behind # HELP. */
  readonly help: string;
  /** Upper bounds of a histogram's buckets, ascending, without +Inf. */
  readonly buckets?: readonly number[];
}

/** A line of the exposition: `name{labels} value`. */
export interface Sample {
  readonly name: string;
  /** `a="1",b="2",` with a comma behind each; empty where there are none. */
  readonly labels: string;
  readonly value: number;
}

/** What Prometheus' Java client uses, and TorchServe with it. */
export const usualBuckets: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];

const legalName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const legalLabel = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** Why Prometheus would not take a metric of that name and those dimensions; null where it would. */
export function nameProblem(name: string, dimensions: readonly string[]): string | null {
  if (!legalName.test(name))
    return `${JSON.stringify(name)} is no name that Prometheus takes: letters, digits, _ and : are`;
  const bad = dimensions.find((label) => !legalLabel.test(label) || label.startsWith('__'));
  return bad === undefined
    ? null
    : `the dimension ${JSON.stringify(bad)} of ${name} is no name that Prometheus takes: letters, digits and _ are`;
}

/** A metric that is kept and read at `/metrics`: one child for each combination of dimension values. */
export class Family implements Metric {
  readonly definition: FamilyDefinition;
  readonly #children = new Map<string, Child>();

  constructor(definition: FamilyDefinition) {
    this.definition = definition;
  }

  /** @throws Error where there are more or fewer values than dimensions. */
  of(values: readonly string[]): MetricHandle {
    const { dimensions } = this.definition;
    if (values.length !== dimensions.length) {
      throw new Error(
        `${this.definition.name} has the dimensions ${dimensions.join(', ')}, but ${values.length} values came: ${values.join(', ')}`,
      );
    }
    const key = values.join('\0');
    let child = this.#children.get(key);
    if (!child) {
      child = this.#make(dimensions.map((name, index) => `${name}="${escaped(values[index] as string)}",`).join(''));
      this.#children.set(key, child);
    }
    return child;
  }

  /** Forgets what was recorded with these values. */
  remove(values: readonly string[]): void {
    this.#children.delete(values.join('\0'));
  }

  /** Forgets all that was recorded. */
  clear(): void {
    this.#children.clear();
  }

  samples(): Sample[] {
    return [...this.#children.values()].flatMap((child) => child.samples());
  }

  #make(labels: string): Child {
    const { name, type, buckets } = this.definition;
    if (type === 'histogram') return new HistogramChild(name, labels, buckets ?? usualBuckets);
    return type === 'counter' ? new CounterChild(name, labels) : new GaugeChild(name, labels);
  }
}

interface Child extends MetricHandle {
  samples(): Sample[];
}

class CounterChild implements Child {
  readonly #name: string;
  readonly #labels: string;
  #value = 0;

  constructor(name: string, labels: string) {
    this.#name = name;
    this.#labels = labels;
  }

  /** A counter does not go down: what is below zero, or no number, is passed over. */
  record(value: number): void {
    if (value >= 0) this.#value += value;
  }

  samples(): Sample[] {
    return [{ name: this.#name, labels: this.#labels, value: this.#value }];
  }
}

class GaugeChild implements Child {
  readonly #name: string;
  readonly #labels: string;
  /** null until there is one: a gauge has no zero to begin with. */
  #value: number | null = null;

  constructor(name: string, labels: string) {
    this.#name = name;
    this.#labels = labels;
  }

  record(value: number): void {
    this.#value = value;
  }

  samples(): Sample[] {
    return this.#value === null ? [] : [{ name: this.#name, labels: this.#labels, value: this.#value }];
  }
}

class HistogramChild implements Child {
  readonly #name: string;
  readonly #labels: string;
  readonly #bounds: readonly number[];
  /** How many values fell between a bound and the one before; the last is beyond all bounds. */
  readonly #counts: number[];
  #sum = 0;

  constructor(name: string, labels: string, bounds: readonly number[]) {
    this.#name = name;
    this.#labels = labels;
    this.#bounds = bounds;
    this.#counts = new Array<number>(bounds.length + 1).fill(0);
  }

  record(value: number): void {
    const bounds = this.#bounds;
    let index = 0;
    while (index < bounds.length && !(value <= (bounds[index] as number))) index += 1;
    this.#counts[index] = (this.#counts[index] as number) + 1;
    this.#sum += value;
  }

  samples(): Sample[] {
    const name = this.#name;
    const labels = this.#labels;
    let count = 0;
    const buckets = this.#counts.map((more, index) => {
      count += more;
      const bound = index < this.#bounds.length ? decimal(this.#bounds[index] as number) : '+Inf';
      return { name: `${name}_bucket`, labels: `${labels}le="${bound}",`, value: count };
    });
    return [
      ...buckets,
      { name: `${name}_count`, labels, value: count },
      { name: `${name}_sum`, labels, value: this.#sum },
    ];
  }
}

function escaped(value: string): string {
  return value.replace(/[\\"\n]/g, (char) => (char === '\n' ? '\\n' : `\\${char}`));
}
