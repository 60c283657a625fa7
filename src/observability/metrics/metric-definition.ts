import { readFileSync } from 'node:fs';
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { StartupError } from '../../errors/startup-error.js';

export const metricTypes = ['counter', 'gauge', 'histogram'] as const;
export type MetricType = (typeof metricTypes)[number];

/** A metric that may be recorded. */
export interface MetricDefinition {
  readonly name: string;
  readonly type: MetricType;
  /** As it is shown, such as `Milliseconds`. */
  readonly unit: string;
  /** Names of the dimensions; the host's is the last one. */
  readonly dimensions: readonly string[];
}

/** What a metrics.yaml says. */
export interface MetricDefinitions {
  /** Recorded by the server. */
  readonly server: readonly MetricDefinition[];
  /** Recorded by workers and handlers. */
  readonly model: readonly MetricDefinition[];
  /** One sentence for each thing that was passed over. */
  readonly warnings: readonly string[];
}

const entry = z.looseObject({
  name: z.string().trim().min(1),
  unit: z.string().trim().min(1),
  dimensions: z.array(z.string().min(1)),
});
const section = z
  .looseObject(Object.fromEntries(metricTypes.map((type) => [type, z.array(entry).nullish()])))
  .nullish();
const file = z.looseObject({ dimensions: z.unknown().optional(), ts_metrics: section, model_metrics: section });

type Section = z.output<typeof section>;

/** The dimension that stands behind those of a model's metric. */
export const modelHostDimension = 'Hostname';

/**
 * Reads the definitions of metrics: `metrics_config`, or the file that comes with the server.
 * @throws StartupError where the file cannot be read, is no YAML, or an entry lacks what it needs.
 */
export function readMetricDefinitions(path: string): MetricDefinitions {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new StartupError(
      `Cannot read metrics_config=${path}: ${(error as Error).message}; name a file, or leave the key out for the metrics that come with the server.`,
    );
  }
  return parseMetricDefinitions(text, path);
}

/** The same for a text; `path` is for what is said of it. */
export function parseMetricDefinitions(text: string, path: string): MetricDefinitions {
  const document = parseDocument(text, { lineCounter: new LineCounter(), merge: true });
  const broken = document.errors[0];
  if (broken) throw new StartupError(`metrics_config ${path} is no valid YAML: ${broken.message.split('\n')[0]}`);
  const checked = file.safeParse(toPlain(document, path) ?? {});
  if (!checked.success) throw new StartupError(`metrics_config ${path}: ${refusal(checked.error)}`);
  const warnings: string[] = [];
  const { ts_metrics, model_metrics } = checked.data;
  unknownKeys(checked.data, ['dimensions', 'ts_metrics', 'model_metrics'], '', warnings);
  const server = definitions(ts_metrics, 'ts_metrics', warnings);
  const model = definitions(model_metrics, 'model_metrics', warnings);
  return {
    server,
    model: model.map((definition) => ({ ...definition, dimensions: [...definition.dimensions, modelHostDimension] })),
    warnings: warnings.map((warning) => `metrics_config ${path}: ${warning}`),
  };
}

/** Aliases are resolved here, so that one that names nothing is found. */
function toPlain(document: ReturnType<typeof parseDocument>, path: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw new StartupError(`metrics_config ${path} is no valid YAML: ${(error as Error).message}`);
  }
}

function definitions(found: Section, name: string, warnings: string[]): MetricDefinition[] {
  const byName = new Map<string, MetricDefinition>();
  unknownKeys(found ?? {}, metricTypes, `${name}.`, warnings);
  for (const type of metricTypes) {
    const entries = (found?.[type] ?? []) as z.output<typeof entry>[];
    entries.forEach((one, index) => {
      unknownKeys(one, ['name', 'unit', 'dimensions'], `${name}.${type}[${index}].`, warnings);
      if (byName.has(one.name)) warnings.push(`${name} defines ${one.name} twice; the last definition holds.`);
      byName.set(one.name, { name: one.name, type, unit: one.unit, dimensions: one.dimensions });
    });
  }
  return [...byName.values()];
}

function unknownKeys(found: object, known: readonly string[], place: string, warnings: string[]): void {
  for (const key of Object.keys(found)) {
    if (!known.includes(key)) warnings.push(`${place}${key} means nothing here; known are ${known.join(', ')}.`);
  }
}

function refusal(error: z.ZodError): string {
  const [issue] = error.issues;
  const place =
    issue?.path
      .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
      .join('')
      .slice(1) ?? '';
  const last = issue?.path.at(-1);
  const takes =
    last === 'name' || last === 'unit'
      ? 'text that is not empty'
      : last === 'dimensions'
        ? 'a list of names'
        : typeof last === 'number'
          ? 'a mapping of name, unit and dimensions'
          : 'a mapping of counter, gauge and histogram to lists';
  return `${place || 'the file'} has to be ${takes}.`;
}
