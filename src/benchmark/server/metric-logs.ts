import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Metrics of both files that are of use, in the order of upstream's report. */
export const loggedMetrics = [
  'PredictionTime',
  'HandlerTime',
  'QueueTime',
  'WorkerThreadTime',
  'ts_handler_preprocess',
  'ts_handler_inference',
  'ts_handler_postprocess',
] as const;

export type LoggedMetric = (typeof loggedMetrics)[number];

const files = ['model_metrics.log', 'ts_metrics.log'];

/**
 * Reads what a server in log mode (`metrics_mode=log`, the default) wrote into its metric logs from now on. Each value
 * stands there once; upstream's suite reads the console, where those of workers stand twice.
 */
export class MetricLogs {
  readonly #begins: ReadonlyMap<string, number>;

  /** @param folder of the log files; null reads nothing. */
  constructor(folder: string | null) {
    const paths = folder === null ? [] : files.map((name) => join(folder, name));
    this.#begins = new Map(paths.map((path) => [path, existsSync(path) ? statSync(path).size : 0]));
  }

  /** All values in milliseconds since the construction; a metric that did not occur has none. */
  read(): Map<LoggedMetric, number[]> {
    const values = new Map<LoggedMetric, number[]>();
    for (const [path, begin] of this.#begins) {
      if (!existsSync(path)) continue;
      const whole = readFileSync(path);
      // A file that was rolled over in between begins anew.
      const text = whole.toString('utf8', whole.length < begin ? 0 : begin);
      for (const [, name, value] of text.matchAll(/ (\w+)\.\w+:([-+.\dEe]+)\|#/g)) {
        const metric = loggedMetrics.find((known) => known === name);
        if (metric) push(values, metric, Number(value));
      }
    }
    return values;
  }
}

function push(values: Map<LoggedMetric, number[]>, metric: LoggedMetric, value: number): void {
  const list = values.get(metric);
  if (list) list.push(value);
  else values.set(metric, [value]);
}
