import { join } from 'node:path';
import { BARE_PATTERN, FULL_PATTERN } from './layout.js';
import type { Threshold } from './record.js';

/** How lines look: a pattern of log4j, or one JSON object a line. */
export type LayoutPlan = { readonly pattern: string } | 'json';

/** Where lines go. */
export type AppenderPlan =
  | { readonly kind: 'console'; readonly stream: 'stdout' | 'stderr'; readonly layout: LayoutPlan }
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly layout: LayoutPlan;
      readonly rotation: RotationPlan | null;
    };

/** An appender, and the level from which on it hears a logger. */
export interface AppenderRef {
  readonly name: string;
  readonly threshold: Threshold;
}

export interface RotationPlan {
  /** Path of rolled files, with `%d{…}` and `%i`; gzip where it ends in `.gz`. */
  readonly pattern: string;
  /** Bytes, or null. */
  readonly maxSize: number | null;
  readonly byDate: boolean;
  readonly keep: number;
}

/** Who says how much, and where to. */
export interface LoggerPlan {
  readonly level: Threshold;
  readonly appenders: readonly AppenderRef[];
  /** Whether the appenders of the names above it hear it too. */
  readonly additive: boolean;
}

/** How logs are written. Names have parts (`org.pytorch.serve`); what is said of one holds for those below it. */
export interface LoggingPlan {
  readonly appenders: ReadonlyMap<string, AppenderPlan>;
  /** `''` is the root. */
  readonly loggers: ReadonlyMap<string, LoggerPlan>;
  /** One sentence for each thing that a file said and that has no meaning here. */
  readonly ignored: readonly string[];
}

/** The names under which lines are said; those of TorchServe, so that what filters them goes on doing so. */
export const LOGGER = {
  server: 'org.pytorch.serve',
  access: 'ACCESS_LOG',
  model: 'MODEL_LOG',
  tsMetrics: 'TS_METRICS',
  modelMetrics: 'MODEL_METRICS',
  telemetry: 'TELEMETRY_METRICS',
} as const;

const MEGABYTE = 1024 * 1024;

/** The five files and the console, as TorchServe has them. */
export function defaultPlan(folders: { readonly logLocation: string; readonly metricsLocation: string }): LoggingPlan {
  const file = (folder: string, name: string, pattern: string): AppenderPlan => ({
    kind: 'file',
    path: join(folder, `${name}.log`),
    layout: { pattern },
    rotation: { pattern: join(folder, `${name}.%d{dd-MMM}.log.gz`), maxSize: 100 * MEGABYTE, byDate: true, keep: 5 },
  });
  const { logLocation, metricsLocation } = folders;
  const says = (level: Threshold, ...names: string[]): LoggerPlan => ({
    level,
    appenders: names.map((name) => ({ name, threshold: 'all' })),
    additive: true,
  });
  return {
    appenders: new Map<string, AppenderPlan>([
      ['STDOUT', { kind: 'console', stream: 'stdout', layout: { pattern: FULL_PATTERN } }],
      ['access_log', file(logLocation, 'access_log', BARE_PATTERN)],
      ['ts_log', file(logLocation, 'ts_log', FULL_PATTERN)],
      ['model_log', file(logLocation, 'model_log', FULL_PATTERN)],
      ['ts_metrics', file(metricsLocation, 'ts_metrics', BARE_PATTERN)],
      ['model_metrics', file(metricsLocation, 'model_metrics', BARE_PATTERN)],
    ]),
    loggers: new Map([
      ['', says('info', 'STDOUT', 'ts_log')],
      [LOGGER.access, says('info', 'access_log')],
      [LOGGER.tsMetrics, says('all', 'ts_metrics')],
      [LOGGER.modelMetrics, says('all', 'model_metrics')],
      [LOGGER.model, says('all', 'model_log')],
      [LOGGER.server, says('debug', 'ts_log')],
    ]),
    ignored: [],
  };
}
