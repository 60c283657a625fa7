import { z } from 'zod';
import { type AutoscaleBlock, autoscaleBlockTakes, readAutoscaleBlock } from '../config/autoscale.js';
import {
  type TorchrunSettings,
  torchrunBlock,
  torchrunBlockTakes,
  unsupportedTorchrunKeys,
} from '../config/torchrun.js';
import { ServingError } from '../errors/serving-error.js';
import type { ModelConfig } from './archive.js';
import { entryPath, printable } from './entry-path.js';
import { mostBytes, readSmallFile } from './small-file.js';
import { readYaml } from './yaml-text.js';

export interface ReadModelConfig {
  readonly config: ModelConfig;
  /** Values of the right type that mean nothing and were passed over; one sentence each. */
  readonly warnings: readonly string[];
}

/** What one key takes. */
interface Key {
  readonly schema: z.ZodType;
  /** Follows `should be`. */
  readonly takes: string;
  /** The value that counts; undefined for one of the right type that means nothing. */
  readonly settle: (value: never) => unknown;
  /** Entries of a mapping that mean nothing. */
  readonly unsupported?: (value: unknown) => readonly string[];
}

/** A whole number; less than `least` counts as `otherwise`. */
function integer(least: number, otherwise: number | undefined, unit = ''): Key {
  return {
    schema: z.int32(),
    takes: `an integer${unit && ` (${unit})`}`,
    settle: (value: number) => (value < least ? otherwise : value),
  };
}

const flag: Key = { schema: z.boolean(), takes: 'true or false', settle: (value: boolean) => value };

function choice(...words: string[]): Key {
  return {
    schema: z.string(),
    takes: `one of ${words.join(', ')}`,
    settle: (value: string) => words.find((word) => word.toLowerCase() === value.toLowerCase()),
  };
}

const openaiRoutes = ['v1/chat/completions', 'v1/completions', 'v1/embeddings'] as const;

const torchrun: Key = {
  schema: z.record(z.string(), z.unknown()).transform(withoutNulls).pipe(torchrunBlock),
  takes: torchrunBlockTakes,
  settle: (value: TorchrunSettings) => value,
  unsupported: unsupportedTorchrunKeys,
};

const autoscale: Key = {
  schema: z.unknown().transform((value, context): AutoscaleBlock => {
    const read = readAutoscaleBlock(value);
    if (typeof read !== 'string') return read;
    context.addIssue({ code: 'custom', message: read });
    return z.NEVER;
  }),
  takes: autoscaleBlockTakes,
  settle: (value: AutoscaleBlock) => value,
};

const keys = {
  // What 0 means depends on autoscaling: see resolveWorkers.
  minWorkers: integer(0, 0),
  maxWorkers: integer(0, undefined),
  batchSize: integer(1, 1),
  maxBatchDelay: integer(1, undefined, 'milliseconds'),
  batchPolicy: choice('window', 'eager'),
  responseTimeout: integer(1, undefined, 'seconds'),
  startupTimeout: integer(1, undefined, 'seconds'),
  maxRetryTimeoutInSec: integer(0, undefined, 'seconds'),
  clientTimeoutInMills: integer(0, undefined, 'milliseconds'),
  jobQueueSize: integer(1, undefined),
  deviceType: choice('cpu', 'gpu'),
  deviceIds: {
    schema: z.array(z.int32()),
    takes: 'a list of integers',
    settle: (value: number[]) => value,
  },
  parallelType: choice('pp', 'tp', 'pptp', 'custom'),
  parallelLevel: integer(0, undefined),
  torchrun,
  useJobTicket: flag,
  useVenv: flag,
  workerStart: choice('auto', 'forkAfterLoad'),
  sequenceBatching: flag,
  continuousBatching: flag,
  asyncCommunication: flag,
  sequenceMaxIdleMSec: integer(0, undefined, 'milliseconds'),
  sequenceTimeoutMSec: integer(0, undefined, 'milliseconds'),
  maxNumSequence: integer(1, undefined),
  maxSequenceJobQueueSize: integer(1, undefined),
  autoscale,
  openaiRoutes: {
    schema: z.array(z.enum(openaiRoutes)),
    takes: `a list of ${openaiRoutes.join(', ')}`,
    settle: (value: string[]) => value,
  },
} satisfies Record<keyof ModelConfig, Key>;

/** The frontend's keys of model-config.yaml and what each takes, for the documentation. */
export const modelConfigKeys: Readonly<Record<keyof ModelConfig, { readonly takes: string }>> = keys;

/**
 * Reads the yaml that a manifest names.
 * @param folder - The archive's root.
 * @param file - `configFile` of the manifest.
 * @throws {ServingError} invalidModel if it is missing, is no YAML mapping, or a key of the frontend has a wrong type.
 */
export async function readModelConfig(folder: string, file: string): Promise<ReadModelConfig> {
  const read = await readSmallFile(folder, insideArchive(file));
  if (read === null) {
    throw refused(file, 'the manifest names it, but the archive has no such file');
  }
  if (read === 'too large') {
    throw refused(file, `it is larger than ${mostBytes} bytes`);
  }
  return parseModelConfig(read.text, file);
}

/** @throws {ServingError} invalidModel, as `readModelConfig`. */
export function parseModelConfig(source: string, file: string): ReadModelConfig {
  const config: Record<string, unknown> = {};
  const warnings: string[] = [];
  for (const [key, value] of Object.entries(parseYaml(source, file))) {
    // A key without a value says nothing.
    if (!isKnown(key) || value === null) {
      continue;
    }
    const { schema, takes, settle, unsupported }: Key = keys[key];
    const parsed = schema.safeParse(value);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      const fault = issue?.code === 'custom' ? issue.message : `Invalid ${key}: ${shown(value)}, should be ${takes}`;
      throw new ServingError('invalidModel', `${printable(fault)}, in ${printable(file)}`);
    }
    const settled = settle(parsed.data as never);
    if (settled === undefined && parsed.data !== 0) {
      warnings.push(`Ignored ${key}: ${shown(value)} in ${printable(file)}, should be ${takes}.`);
      continue;
    }
    if (settled !== undefined) {
      config[key] = settled;
    }
    for (const name of unsupported?.(value) ?? []) {
      warnings.push(`Ignored ${printable(name)} of ${key} in ${printable(file)}: unsupported parameter.`);
    }
    // Whichever of the two comes later in the file says how many GPUs a worker uses.
    if (key === 'torchrun') {
      const { nprocPerNode } = settled as TorchrunSettings;
      const level = config['parallelLevel'] ?? nprocPerNode;
      if (level !== nprocPerNode) {
        warnings.push(`Ignored parallelLevel: ${level} in ${printable(file)}: nproc-per-node of torchrun follows it.`);
      }
      config['parallelLevel'] = nprocPerNode;
    }
  }
  return { config, warnings };
}

function parseYaml(source: string, file: string): Record<string, unknown> {
  let content: unknown;
  try {
    content = readYaml(source, 'as objects');
  } catch (error) {
    throw refused(file, (error as Error).message);
  }
  if (content === null) {
    return {};
  }
  if (typeof content !== 'object' || Array.isArray(content)) {
    throw refused(file, 'it should be a mapping, one "key: value" a line');
  }
  return content as Record<string, unknown>;
}

function isKnown(key: string): key is keyof ModelConfig {
  return Object.hasOwn(keys, key);
}

function withoutNulls(map: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(map).filter(([, value]) => value !== null));
}

function insideArchive(file: string): string {
  try {
    return entryPath(file);
  } catch {
    throw refused(file, 'it lies outside the archive');
  }
}

function refused(file: string, why: string): ServingError {
  return new ServingError('invalidModel', `Failed to parse model config file ${printable(file)}: ${why}`);
}

/** A value as its author would write it, and not longer than a line. */
function shown(value: unknown): string {
  return printable(JSON.stringify(value) ?? String(value));
}
