import { z } from 'zod';
import { items } from './kinds.js';

/** What the key `models` may say of one version. */
export interface ModelSettings {
  /** 0 counts only where autoscaling is on. */
  readonly minWorkers?: number;
  readonly maxWorkers?: number;
  readonly batchSize?: number;
  /** Milliseconds. */
  readonly maxBatchDelay?: number;
  /** Seconds. */
  readonly responseTimeout?: number;
  /** Seconds. */
  readonly startupTimeout?: number;
  readonly runtimeType?: string;
}

/** Name → version → settings. */
export type ModelSettingsMap = ReadonlyMap<string, ReadonlyMap<string, ModelSettings>>;

/** One archive to load at start. */
export interface StartupModel {
  /** null: the name comes from the archive. */
  readonly name: string | null;
  readonly url: string;
}

const NUMBERS = [
  'minWorkers',
  'maxWorkers',
  'batchSize',
  'maxBatchDelay',
  'responseTimeout',
  'startupTimeout',
] as const;

const entry = z.record(z.string(), z.record(z.string(), z.record(z.string(), z.unknown())));

/** The key `models`: JSON of name → version → parameters. Counts below their least mean that nothing was said. */
export const modelSettings = z
  .string()
  .transform((text, context): ModelSettingsMap => {
    const refuse = (message: string) => {
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    };
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch (error) {
      return refuse((error as Error).message);
    }
    const parsed = entry.safeParse(json);
    if (!parsed.success) {
      return refuse(`${parsed.error.issues[0]?.path.join('.') ?? ''} is not an object`);
    }
    const models = new Map<string, Map<string, ModelSettings>>();
    for (const [name, versions] of Object.entries(parsed.data)) {
      const settings = new Map<string, ModelSettings>();
      for (const [version, parameters] of Object.entries(versions)) {
        const read = settingsOf(parameters);
        if (typeof read === 'string') {
          return refuse(`${name}, version ${version}: ${read}`);
        }
        settings.set(version, read);
      }
      models.set(name, settings);
    }
    return models;
  })
  .describe('JSON such as {"name": {"1.0": {"minWorkers": 1, "maxWorkers": 2, "batchSize": 4, "maxBatchDelay": 100}}}');

/** The settings, or what is wrong with them. */
function settingsOf(parameters: Readonly<Record<string, unknown>>): ModelSettings | string {
  const settings: { -readonly [K in keyof ModelSettings]: ModelSettings[K] } = {};
  for (const name of NUMBERS) {
    const value = parameters[name];
    if (value === undefined) {
      continue;
    }
    if (!Number.isSafeInteger(value)) {
      return `${name} takes a whole number, not ${JSON.stringify(value)}`;
    }
    const least = name === 'maxBatchDelay' || name === 'minWorkers' ? 0 : 1;
    if ((value as number) >= least) {
      settings[name] = value as number;
    }
  }
  const runtime = parameters['runtimeType'];
  if (runtime !== undefined) {
    if (typeof runtime !== 'string') {
      return `runtimeType takes text, not ${JSON.stringify(runtime)}`;
    }
    settings.runtimeType = runtime;
  }
  return settings;
}

/** The key `load_models`: `all`, or `a.mar, name=b.mar, …`. */
export const startupModels = z
  .string()
  .transform((text): 'all' | readonly StartupModel[] =>
    text.trim().toLowerCase() === 'all' ? 'all' : items(text).map(startupModel),
  )
  .describe('all, or a list such as first.mar, name=second.mar');

/** Splits `NAME=LOC` from `LOC`; an equals sign of a url's query is not a separator. */
export function startupModel(text: string): StartupModel {
  const named = /^([^=:/?]+)=(.+)$/.exec(text);
  return named?.[1] !== undefined && named[2] !== undefined
    ? { name: named[1].trim(), url: named[2].trim() }
    : { name: null, url: text };
}
