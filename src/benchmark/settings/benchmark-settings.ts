import { z } from 'zod';
import { nearest } from '../../config/nearest.js';
import { StartupError } from '../../errors/startup-error.js';
import { testPlans } from './test-plans.js';

/** A number, or a text that is one: flags and quoted values are texts. */
const asNumber = (value: unknown) => (typeof value === 'string' && value.trim() !== '' ? Number(value) : value);
const count = (least: number) =>
  z.preprocess(
    asNumber,
    z
      .number({ error: `a whole number of at least ${least}` })
      .int()
      .min(least),
  );
const positive = z.preprocess(asNumber, z.number({ error: 'a number above 0' }).positive());
const several = <Item extends z.ZodType>(item: Item) =>
  z.preprocess((value) => (Array.isArray(value) ? value : [value]), z.array(item).min(1));
const flag = z.preprocess(
  (value) => (/^true$/i.test(String(value)) ? true : /^false$/i.test(String(value)) ? false : value),
  z.boolean({ error: 'true or false' }),
);
const word = z.string({ error: 'a text' }).min(1);
const path = z.string({ error: 'a path' }).min(1);

/** What a key takes, as its complaint says it. */
const takes: Readonly<Record<string, string>> = {
  test_plan: `one of ${Object.keys(testPlans).join(', ')}`,
  protocol: 'http or grpc',
  exec_env: 'local; a server in a container is started by you and named with server',
  benchmark_backend: 'ab or locust',
  rate: 'a number above 0, or a list of such (requests a second)',
  concurrency: 'a whole number of at least 1, or a list of such',
  batch_size: 'a whole number of at least 1, or a list of such',
  batch_delay: 'a whole number of at least 0, or a list of such (milliseconds)',
  workers: 'a whole number of at least 1, or a list of such',
  channels: 'a whole number of at least 1',
  requests: 'a whole number of at least 1',
  duration: 'a number above 0 (seconds)',
  timeout: 'a number above 0 (seconds)',
  warmup: 'a whole number of at least 0 (requests)',
  rounds: 'a whole number of at least 1',
  pid: 'the id of a process',
};

/** All keys, as flags (with dashes or underscores) and files (with underscores) spell them; upstream's among them. */
const schema = z.strictObject({
  test_plan: z.enum(Object.keys(testPlans) as [string, ...string[]]).default('custom'),
  url: word.optional(),
  model: word.optional(),
  server: word.default('torchbridge'),
  against: word.optional(),
  torchserve: path.optional(),
  management: word.optional(),
  grpc: word.optional(),
  key_file: path.optional(),
  pid: count(1).optional(),
  protocol: z.enum(['http', 'grpc']).default('http'),
  concurrency: several(count(1)).default([10]),
  channels: count(1).optional(),
  requests: count(1).optional(),
  duration: positive.optional(),
  rate: several(positive).optional(),
  warmup: count(0).optional(),
  rounds: count(1).default(1),
  timeout: positive.default(120),
  batch_size: several(count(1)).default([1]),
  batch_delay: several(count(0)).default([200]),
  workers: several(count(1)).default([1]),
  input: path.optional(),
  content_type: word.default('application/jpg'),
  inference_model_url: word.default('predictions/benchmark'),
  config_properties: path.optional(),
  report_location: path.optional(),
  tmp_dir: path.optional(),
  handler_profiling: flag.default(false),
  exec_env: z.literal('local').default('local'),
  // Upstream's without effect here; withoutEffect tells why.
  benchmark_backend: z.enum(['ab', 'locust']).optional(),
  benchmark_engine: z.unknown().optional(),
  backend_profiling: z.unknown().optional(),
  generate_graphs: z.unknown().optional(),
  gpus: z.unknown().optional(),
  image: z.unknown().optional(),
  docker_runtime: z.unknown().optional(),
  processors: z.unknown().optional(),
  retry_attempts: z.unknown().optional(),
  timeout_ms: z.unknown().optional(),
});

/** Upstream's keys that change nothing here, and why. */
const withoutEffect = {
  benchmark_backend: 'the load comes from a generator of its own; neither ab nor locust is needed',
  benchmark_engine: 'as with TorchServe',
  backend_profiling: 'upstream has it for its container only',
  generate_graphs: 'report.html always has them',
  gpus: 'it is a setting of the container; number_of_gpu in config_properties says how many a server uses',
  image: 'no container is started',
  docker_runtime: 'no container is started',
  processors: 'the server decides where it runs',
  retry_attempts: 'as with TorchServe',
  timeout_ms: 'as with TorchServe; timeout says it in seconds',
} as const;

/** What is to be measured. Units: milliseconds for batch_delay, seconds for duration and timeout, requests for warmup. */
export type BenchmarkSettings = Omit<z.output<typeof schema>, keyof typeof withoutEffect>;

/** Settings as they are written, key by key, and where: a file, or null for the flags. */
export interface GivenSettings {
  readonly values: Readonly<Record<string, unknown>>;
  readonly file: string | null;
}

/** Every key that can be set. */
export const settingKeys = Object.keys(schema.shape);

/**
 * Checks settings; of two that say the same, the first in the list wins.
 * @returns The settings, and a sentence for each that was accepted and does nothing.
 * @throws StartupError naming the key, what it takes and where it was written.
 */
export function readSettings(given: readonly GivenSettings[]): { settings: BenchmarkSettings; notes: string[] } {
  const values: Record<string, unknown> = {};
  const source = new Map<string, string | null>();
  for (const { values: some, file } of given) {
    for (const [key, value] of Object.entries(some)) {
      if (key in values || value === undefined || value === null) continue;
      values[key] = value;
      source.set(key, file);
    }
  }
  const plan = testPlans[String(values['test_plan'] ?? 'custom')];
  const read = schema.safeParse({ ...plan, ...values });
  if (!read.success) throw new StartupError(complaint(read.error, values, source));
  const notes = Object.entries(withoutEffect)
    .filter(([key]) => key in values && values[key] !== '' && values[key] !== false)
    .map(([key, why]) => `${written(key, source.get(key) ?? null)} has no effect: ${why}.`);
  together(read.data);
  return { settings: read.data, notes };
}

function complaint(error: z.ZodError, values: Record<string, unknown>, source: Map<string, string | null>): string {
  const [issue] = error.issues;
  if (issue?.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? '';
    const meant = nearest(key, settingKeys);
    return `${written(key, source.get(key) ?? null)} is no setting of a benchmark${meant ? ` (did you mean ${meant}?)` : ''}.`;
  }
  const key = String(issue?.path[0] ?? '');
  const should = takes[key] ?? issue?.message ?? 'something else';
  return `${written(key, source.get(key) ?? null)} must be ${should}, not ${JSON.stringify(values[key])}.`;
}

function written(key: string, file: string | null): string {
  return file === null ? `--${key.replaceAll('_', '-')}` : `${key} in ${file}`;
}

/** What makes sense alone and not together. */
function together({
  url,
  model,
  requests,
  duration,
  server,
  protocol,
  inference_model_url: path,
}: BenchmarkSettings): void {
  const running = /^https?:/.test(server);
  if (!url && !model) {
    throw new StartupError(
      'Say what to measure: an archive with --url (a path or an address), or --model for one that a running server has registered.',
    );
  }
  if (url && model)
    throw new StartupError('--url registers an archive and --model names a registered one: give one of them.');
  if (model && !running) {
    throw new StartupError(
      '--model names a model of a running server: give its address with --server, or an archive with --url.',
    );
  }
  if (requests !== undefined && duration !== undefined) {
    throw new StartupError('--requests and --duration both say when it ends: give one of them.');
  }
  if (protocol === 'grpc' && path !== 'predictions/benchmark') {
    throw new StartupError('--inference-model-url is a path of the REST API: it does not go with --protocol grpc.');
  }
}
