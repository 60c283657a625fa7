import { resolve } from 'node:path';
import { StartupError } from '../errors/startup-error.js';
import { type BaseFile, baseFiles } from './base-file.js';
import { type EnvironmentRule, type Key, variableOf } from './key.js';
import { nearest } from './nearest.js';
import { isKeyName, type KeyName, keyNames, keyTable } from './table.js';

/** Where a value was said. */
export type Source =
  | { readonly kind: 'flag' | 'environment'; readonly name: string }
  | { readonly kind: 'file' | 'snapshot'; readonly path: string; readonly line: number };

/** A value as it was written, and where. */
export interface GivenValue {
  readonly text: string;
  readonly source: Source;
}

/** What the words on the command line say of keys. */
export interface Flags {
  readonly tsConfig?: string;
  readonly noConfigSnapshots?: boolean;
  /** Key → what the flag says, and the flag as its user knows it. */
  readonly values?: { readonly [K in KeyName]?: { readonly text: string; readonly flag: string } };
}

/** Everything that was said, before defaults and before it is read. Plain data: it crosses to the server process as JSON. */
export interface Given {
  readonly values: { readonly [K in KeyName]?: GivenValue };
  /** The stronger file that was read, absolute, or null. */
  readonly configFile: string | null;
  readonly snapshots: boolean;
  /** Absolute. */
  readonly workingFolder: string;
  readonly logLocation: string;
  readonly metricsLocation: string;
  readonly snapshotLocation: string;
  /** One sentence each: what was said and has no effect. */
  readonly warnings: readonly string[];
}

/** What `given` reads. */
export interface Surroundings {
  readonly flags: Flags;
  readonly environment: NodeJS.ProcessEnv;
  /** Absolute. */
  readonly workingFolder: string;
}

/**
 * Collects what flags, the environment and files say. Weakest first: snapshot, file, variables that always count, flags,
 * and the `TS_…` variables once a file switched them on: those, as in TorchServe, beat flags.
 * @throws StartupError where a named file is missing or `$$NAME$$` names an unset variable.
 */
export function given({ flags, environment, workingFolder }: Surroundings): Given {
  const warnings: string[] = [];
  const warn = (message: string) => warnings.push(message);
  const logLocation = resolve(workingFolder, environment['LOG_LOCATION'] || 'logs');
  const snapshotLocation = resolve(logLocation, 'config');
  const noConfigSnapshots = flags.noConfigSnapshots ?? false;
  const files = baseFiles(
    { tsConfig: flags.tsConfig ?? null, noConfigSnapshots, environment, workingFolder, snapshotLocation },
    warn,
  );

  const values: { -readonly [K in KeyName]?: GivenValue } = {};
  for (const file of [...files].reverse()) {
    Object.assign(values, fileValues(file, environment, warn));
  }
  const isOn = (name: KeyName) => values[name]?.text.trim().toLowerCase() === 'true';
  const rules: Readonly<Record<EnvironmentRule, boolean>> = {
    always: true,
    switch: isOn('enable_envvars_config'),
    allowed: isOn('use_env_allowed_urls'),
    never: false,
  };
  Object.assign(
    values,
    environmentValues(environment, (rule) => rule === 'always'),
  );
  for (const [name, { text, flag }] of Object.entries(flags.values ?? {})) {
    values[name as KeyName] = { text, source: { kind: 'flag', name: flag } };
  }
  Object.assign(
    values,
    environmentValues(environment, (rule) => rule !== 'always' && rules[rule]),
  );
  warnOfIdleVariables(environment, rules, warn);

  return {
    values,
    configFile: files[0]?.path ?? null,
    snapshots: !noConfigSnapshots,
    workingFolder,
    logLocation,
    metricsLocation: resolve(workingFolder, environment['METRICS_LOCATION'] || 'logs'),
    snapshotLocation,
    warnings,
  };
}

/** A snapshot tells of the machine that wrote it; these lines of it say nothing to the next start. */
const NOT_FROM_SNAPSHOTS: ReadonlySet<string> = new Set(['python', 'version', 'tsConfigFile', 'number_of_gpu']);

function fileValues(file: BaseFile, environment: NodeJS.ProcessEnv, warn: (message: string) => void) {
  const values: { -readonly [K in KeyName]?: GivenValue } = {};
  const isSnapshot = file.kind === 'snapshot' || file.properties.some(({ key }) => key === 'model_snapshot');
  for (const { key, value, line } of file.properties) {
    if (!isKeyName(key)) {
      if (!isSnapshot) {
        const meant = nearest(key, keyNames);
        warn(`${file.path}, line ${line}: unknown key ${key}${meant === null ? '.' : `; did you mean ${meant}?`}`);
      }
    } else if (!(isSnapshot && NOT_FROM_SNAPSHOTS.has(key))) {
      // Snapshots hold values that were expanded before.
      const text = isSnapshot ? value : expand(value, environment, () => `${file.path}, line ${line}`);
      values[key] = { text, source: { kind: file.kind, path: file.path, line } };
    }
  }
  return values;
}

/** Replaces each `$$NAME$$` by the variable NAME. */
function expand(text: string, environment: NodeJS.ProcessEnv, where: () => string): string {
  return text.replace(/\$\$([^$]{2,})\$\$/g, (_, name: string) => {
    const value = environment[name];
    if (value === undefined) {
      throw new StartupError(
        `Invalid configuration: Invalid Environment Variable ${name}: ${where()} asks for it, and it is not set.`,
      );
    }
    return value;
  });
}

function environmentValues(environment: NodeJS.ProcessEnv, counts: (rule: EnvironmentRule) => boolean) {
  const values: { -readonly [K in KeyName]?: GivenValue } = {};
  for (const name of keyNames) {
    const row: Key<unknown, string | null> = keyTable[name];
    const variable = variableOf(name, row);
    const text = variable === null ? undefined : environment[variable];
    if (variable !== null && text !== undefined && counts(row.environment)) {
      values[name] = { text: row.fromVariable?.(text) ?? text, source: { kind: 'environment', name: variable } };
    }
  }
  return values;
}

function warnOfIdleVariables(
  environment: NodeJS.ProcessEnv,
  rules: Readonly<Record<EnvironmentRule, boolean>>,
  warn: (message: string) => void,
): void {
  for (const name of keyNames) {
    const row: Key<unknown, string | null> = keyTable[name];
    const variable = variableOf(name, row);
    if (variable !== null && environment[variable] !== undefined && !rules[row.environment]) {
      const needed = row.environment === 'allowed' ? 'use_env_allowed_urls' : 'enable_envvars_config';
      warn(`${variable} is set but has no effect: that takes ${needed}=true in the configuration file.`);
    }
  }
}

/** A source in words, such as `config.properties, line 3`. */
export function sourceText(source: Source): string {
  switch (source.kind) {
    case 'flag':
      return source.name;
    case 'environment':
      return `environment variable ${source.name}`;
    default:
      return `${source.path}, line ${source.line}`;
  }
}
