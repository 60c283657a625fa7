import { resolve } from 'node:path';
import { z } from 'zod';
import { FULL_PATTERN } from '../layout.js';
import {
  type AppenderPlan,
  type AppenderRef,
  defaultPlan,
  type LayoutPlan,
  LOGGER,
  type LoggerPlan,
  type LoggingPlan,
} from '../plan.js';
import { thresholdOf } from '../record.js';
import { bytesOf } from './log4j-plan.js';

const level = z.string().transform((word, context) => {
  const threshold = thresholdOf(word);
  if (threshold === null) {
    context.addIssue({ code: 'custom', message: 'takes one of off, fatal, error, warn, info, debug, trace, all' });
    return z.NEVER;
  }
  return threshold;
});

const size = z.union([z.number().int().positive(), z.string()]).transform((value, context) => {
  const bytes = typeof value === 'number' ? value : bytesOf(value);
  if (bytes === null || bytes <= 0) {
    context.addIssue({ code: 'custom', message: 'takes a number of bytes, or such as 100MB' });
    return z.NEVER;
  }
  return bytes;
});

const format = z.string().min(1);

const rotation = z.strictObject({
  size: size.nullable().optional(),
  daily: z.boolean().optional(),
  keep: z.number().int().min(0).optional(),
});

const log = z.strictObject({
  file: z.string().nullable().optional(),
  level: level.optional(),
  format: format.optional(),
  rotation: rotation.optional(),
  echo: z.boolean().optional(),
});

const schema = z.strictObject({
  format: format.optional(),
  rotation: rotation.optional(),
  console: z
    .union([
      z.literal(false),
      z.strictObject({
        level: level.optional(),
        format: format.optional(),
        stream: z.enum(['stdout', 'stderr']).optional(),
      }),
    ])
    .optional(),
  logs: z
    .strictObject({
      ts: log.optional(),
      access: log.optional(),
      model: log.optional(),
      tsMetrics: log.optional(),
      modelMetrics: log.optional(),
    })
    .optional(),
  loggers: z.record(z.string(), level).optional(),
});

type LogName = 'ts' | 'access' | 'model' | 'tsMetrics' | 'modelMetrics';

/** The five logs: their appenders and loggers of the default plan. */
const LOGS: Readonly<Record<LogName, { readonly appender: string; readonly logger: string }>> = {
  ts: { appender: 'ts_log', logger: LOGGER.server },
  access: { appender: 'access_log', logger: LOGGER.access },
  model: { appender: 'model_log', logger: LOGGER.model },
  tsMetrics: { appender: 'ts_metrics', logger: LOGGER.tsMetrics },
  modelMetrics: { appender: 'model_metrics', logger: LOGGER.modelMetrics },
};

/**
 * Turns our own form of configuration (docs/logging.md) into a plan: the default one, changed where the file says so.
 * @throws Error that names the key and what it takes.
 */
export function nativePlan(
  object: unknown,
  folders: { readonly logLocation: string; readonly metricsLocation: string; readonly workingFolder: string },
): LoggingPlan {
  const parsed = schema.safeParse(object);
  if (!parsed.success) {
    throw new Error(
      parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the file'}: ${message}`).join('; '),
    );
  }
  const said = parsed.data;
  const base = defaultPlan(folders);
  const appenders = new Map<string, AppenderPlan>();
  const loggers = new Map<string, LoggerPlan>(base.loggers);

  if (said.console !== false) {
    const layout = layoutOf(said.console?.format ?? said.format, { pattern: FULL_PATTERN });
    appenders.set('STDOUT', { kind: 'console', stream: said.console?.stream ?? 'stdout', layout });
  }
  for (const [name, { appender, logger }] of Object.entries(LOGS) as [LogName, (typeof LOGS)[LogName]][]) {
    const own = said.logs?.[name];
    const plan = base.appenders.get(appender);
    if (plan?.kind === 'file' && own?.file !== null) {
      const path = own?.file === undefined ? plan.path : resolve(folders.workingFolder, own.file);
      const turns = { ...said.rotation, ...own?.rotation };
      appenders.set(appender, {
        kind: 'file',
        path,
        layout: layoutOf(own?.format ?? said.format, plan.layout),
        rotation: plan.rotation && {
          pattern: own?.file === undefined ? plan.rotation.pattern : `${path}.%d{yyyy-MM-dd}.gz`,
          maxSize: turns.size === undefined ? plan.rotation.maxSize : turns.size,
          byDate: turns.daily ?? plan.rotation.byDate,
          keep: turns.keep ?? plan.rotation.keep,
        },
      });
    }
    const before = loggers.get(logger);
    if (before !== undefined) {
      loggers.set(logger, { ...before, level: own?.level ?? before.level, additive: own?.echo ?? before.additive });
    }
  }
  const root = loggers.get('');
  if (root !== undefined && said.console !== false && said.console?.level !== undefined) {
    const threshold = said.console.level;
    const limited = (ref: AppenderRef) => (ref.name === 'STDOUT' ? { ...ref, threshold } : ref);
    loggers.set('', { ...root, appenders: root.appenders.map(limited) });
  }
  for (const [name, threshold] of Object.entries(said.loggers ?? {})) {
    loggers.set(name, { ...(loggers.get(name) ?? { appenders: [], additive: true }), level: threshold });
  }
  return { appenders, loggers, ignored: [] };
}

/** `json`, `text` (as it would be), or a pattern. */
function layoutOf(written: string | undefined, usual: LayoutPlan): LayoutPlan {
  return written === undefined || written === 'text'
    ? usual
    : written === 'json'
      ? 'json'
      : { pattern: `${written}%n` };
}
