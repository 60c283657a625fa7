import type { z } from 'zod';

/** The headings under which docs/configuration.md lists keys. */
export type KeyGroup =
  | 'Addresses and limits'
  | 'Models'
  | 'Workers'
  | 'Scaling'
  | 'Security'
  | 'Metrics and logs'
  | 'Tracing'
  | 'Bookkeeping'
  | 'Accepted without meaning';

/**
 * When the environment speaks for a key:
 * `switch` where the file says `enable_envvars_config=true`; `always`; `allowed` where it says `use_env_allowed_urls=true`; `never`.
 */
export type EnvironmentRule = 'switch' | 'always' | 'allowed' | 'never';

/** One row of the table. `D` is the default as it would be written in a file; null where there is none. */
export interface Key<T, D extends string | null> {
  readonly group: KeyGroup;
  /** Turns the text of a file into a value. Its description says what it takes. */
  readonly type: z.ZodType<T, string>;
  readonly default: D;
  /** One sentence or two, as docs/configuration.md prints them. */
  readonly help: string;
  readonly environment: EnvironmentRule;
  /** The variable's name where it is not `TS_` and the key in capitals. */
  readonly variable?: string;
  /** Turns the variable's text into what a file would say, where the two differ. */
  readonly fromVariable?: (text: string) => string;
  /** True for values that must not be shown or stored. */
  readonly secret?: true;
  /** True for keys that TorchServe does not have. */
  readonly ours?: true;
}

/** What a row gives: never null where it has a default. */
export type KeyValue<K> = K extends Key<infer T, infer D> ? (D extends null ? T | null : T) : never;

/** `job_queue_size` → `jobQueueSize`. */
export type CamelCase<S extends string> = S extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : S;

/** `job_queue_size` → `jobQueueSize`. */
export function camelCase<S extends string>(name: S): CamelCase<S> {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()) as CamelCase<S>;
}

/** States a row of the table; a row without `environment` obeys the switch. */
export function key<T, const D extends string | null>(
  row: Omit<Key<T, D>, 'environment'> & { readonly environment?: EnvironmentRule },
): Key<T, D> {
  return { environment: 'switch', ...row };
}

/** The variable that may speak for a key, or null. */
export function variableOf(name: string, row: Pick<Key<unknown, string | null>, 'environment' | 'variable'>) {
  return row.environment === 'never' ? null : (row.variable ?? `TS_${name.toUpperCase()}`);
}
