import { z } from 'zod';
import { ServingError } from '../errors/serving-error.js';
import { printable } from './entry-path.js';
import { mostBytes, readSmallFile } from './small-file.js';
import { readYaml } from './yaml-text.js';

/** What a specification says of how nodes are run; a key is absent where it says nothing. */
export interface NodeLimits {
  readonly 'min-workers'?: number | undefined;
  readonly 'max-workers'?: number | undefined;
  readonly 'batch-size'?: number | undefined;
  /** Milliseconds. */
  readonly 'max-batch-delay'?: number | undefined;
  /** Further attempts after the first. */
  readonly 'retry-attempts'?: number | undefined;
  /** Milliseconds of one attempt, its time in the queue included. */
  readonly 'timeout-ms'?: number | undefined;
}

/** TorchServe's defaults. */
export const defaultNodeLimits = {
  'min-workers': 1,
  'max-workers': 1,
  'batch-size': 1,
  'max-batch-delay': 50,
  'retry-attempts': 1,
  'timeout-ms': 10_000,
} as const satisfies Required<NodeLimits>;

/** A model that a node may be. */
export interface ModelNode {
  readonly url: string;
  /** Its own, and those that stood above it for all models. */
  readonly limits: NodeLimits;
}

/** A workflow's yaml, checked, as its author wrote it. */
export interface WorkflowSpec {
  /** For all models and functions. */
  readonly limits: NodeLimits;
  readonly models: ReadonlyMap<string, ModelNode>;
  /** Node → the nodes that go on from it, blank ones left out; every name that is no model is a function's. */
  readonly dag: ReadonlyMap<string, readonly string[]>;
  /** What was passed over; one sentence each. */
  readonly warnings: readonly string[];
}

const whole = (least: number) =>
  z.int32(`should be a whole number of ${least} or more`).min(least, `should be a whole number of ${least} or more`);

const limitsSchema = z.object({
  'min-workers': whole(0).optional(),
  'max-workers': whole(0).optional(),
  'batch-size': whole(1).optional(),
  'max-batch-delay': whole(0).optional(),
  'retry-attempts': whole(0).optional(),
  'timeout-ms': whole(1).optional(),
} satisfies Record<keyof NodeLimits, z.ZodType>);

const modelSchema = limitsSchema.extend({
  url: z.string('should be the name or url of an archive').min(1, 'should be the name or url of an archive'),
});

const mapping = (what: string) => z.map(z.unknown(), z.unknown(), `should be a mapping of ${what}`);
const nodeName = z
  .union([z.string(), z.number(), z.boolean()], 'should be the name of a node')
  .transform((name) => String(name).trim());

const documentSchema = z.object(
  {
    models: mapping('names to models'),
    dag: z.map(
      nodeName.pipe(z.string().min(1, 'should not be blank')),
      z.array(nodeName, 'should be a list of nodes').nullable(),
      'should be a mapping of nodes to lists of nodes',
    ),
  },
  'should be a mapping with the keys models and dag',
);

/**
 * Reads the specification that a manifest names.
 * @param folder - The archive's root.
 * @throws {ServingError} invalidWorkflow naming the key that is wrong and what it takes.
 */
export async function readWorkflowSpec(folder: string, file: string): Promise<WorkflowSpec> {
  const read = await readSmallFile(folder, file);
  if (read === null) {
    throw refused(file, 'the manifest names it, but the archive has no such file');
  }
  if (read === 'too large') {
    throw refused(file, `it is larger than ${mostBytes} bytes`);
  }
  return parseWorkflowSpec(read.text, file);
}

/** @throws {ServingError} invalidWorkflow, as `readWorkflowSpec`. */
export function parseWorkflowSpec(source: string, file: string): WorkflowSpec {
  const { models, dag } = checked(documentSchema, asObject(yamlOf(source, file)), file);
  return {
    ...readModels(models, file),
    dag: new Map([...dag].map(([node, next]) => [node, (next ?? []).filter((name) => name !== '')])),
  };
}

/** Limits for all models hold for those that are written after them; the last word holds for functions. */
function readModels(entries: ReadonlyMap<unknown, unknown>, file: string): Omit<WorkflowSpec, 'dag'> {
  let limits: NodeLimits = {};
  const models = new Map<string, ModelNode>();
  const warnings: string[] = [];
  for (const [key, value] of entries) {
    const name = String(key);
    if (Object.hasOwn(limitsSchema.shape, name)) {
      limits = { ...limits, ...checked(limitsSchema, { [name]: value ?? undefined }, file, 'models') };
      continue;
    }
    const given = asObject(value);
    const { url, ...own } = checked(modelSchema, given, file, `models.${name}`);
    models.set(name, { url, limits: { ...limits, ...own } });
    for (const unknown of Object.keys(given ?? {}).filter((each) => !Object.hasOwn(modelSchema.shape, each))) {
      warnings.push(
        `Ignored models.${printable(name)}.${printable(unknown)} in ${printable(file)}, which means nothing.`,
      );
    }
  }
  return { limits, models, warnings };
}

function yamlOf(source: string, file: string): unknown {
  try {
    return readYaml(source, 'as maps');
  } catch (error) {
    throw new ServingError('invalidWorkflow', `Failed to parse yaml. ${printable(file)}: ${(error as Error).message}`);
  }
}

/** A mapping's entries that say something; anything else as it is. */
function asObject(value: unknown): object | undefined {
  return value instanceof Map
    ? Object.fromEntries([...value].filter(([, inner]) => inner !== null))
    : ((value ?? undefined) as object | undefined);
}

function checked<S extends z.ZodType>(schema: S, value: unknown, file: string, ...place: string[]): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) {
    return result.data;
  }
  const [{ path, message }] = result.error.issues as [z.core.$ZodIssue];
  const where = [...place, ...path.map(String)].join('.') || 'it';
  const found = path.reduce<unknown>((inner, key) => within(inner, key), value);
  throw refused(file, `${printable(where)} ${found === undefined ? 'is missing; it ' : ''}${message}`);
}

function within(value: unknown, key: PropertyKey): unknown {
  return value instanceof Map ? value.get(key) : (value as Record<PropertyKey, unknown> | undefined)?.[key];
}

function refused(file: string, why: string): ServingError {
  return new ServingError('invalidWorkflow', `Invalid workflow specification ${printable(file)}: ${why}`);
}
