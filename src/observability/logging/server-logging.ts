import type { AccessRecord, LogContext, Logger, Logging, WorkerTag } from './logging.js';
import { metricFields } from './metric-fields.js';
import { LOGGER, type LoggingPlan } from './plan.js';
import type { Level } from './record.js';
import { emit, Router } from './router.js';

const MAIN = 'main';

/** Logs that this process owns. */
export interface OpenLogging extends Logging {
  /** Resolves once what was said so far is written, as far as it is taken. */
  flush(): Promise<void>;
}

/**
 * Opens the logs of a plan. Files that cannot be written are told of on the others, and the server runs on without them.
 * Whatever is still unwritten when the process exits is written then.
 */
export function openLogging(plan: LoggingPlan): OpenLogging {
  const router = new Router(plan);
  const onExit = () => router.flushSync();
  process.once('exit', onExit);

  const ts = (name: string): Logger => {
    const logger = `${LOGGER.server}.${name}`;
    const route = router.route(logger);
    const say = (level: Level) => (message: string, context?: LogContext) =>
      emit(
        route,
        { time: Date.now(), level, thread: MAIN, logger, message: tagged(message, context), ...context },
        level === 'debug',
      );
    return { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') };
  };

  const accessRoute = router.route(LOGGER.access);
  const access = (record: AccessRecord) => {
    const { remote, method, uri, protocol, status, milliseconds, requestId } = record;
    const message = `${remote} "${method} ${uri} ${protocol}" ${status} ${milliseconds}`;
    const fields = () => ({ remote, method, uri, protocol, status, milliseconds });
    emit(
      accessRoute,
      { time: Date.now(), level: 'info', thread: MAIN, logger: LOGGER.access, message, requestId, fields },
      false,
    );
  };

  const modelRoute = router.route(LOGGER.model);
  const model = ({ worker, model, version }: WorkerTag, stream: 'stdout' | 'stderr') => {
    const thread = `W-${worker}-${model}_${version}-${stream}`;
    const level = stream === 'stdout' ? 'info' : 'warn';
    const fields = () => ({ model, version, worker, stream });
    return (message: string, requestId?: string) =>
      emit(modelRoute, { time: Date.now(), level, thread, logger: LOGGER.model, message, requestId, fields }, true);
  };

  const metrics = (logger: string) => {
    const route = router.route(logger);
    return (message: string) =>
      emit(
        route,
        { time: Date.now(), level: 'info', thread: MAIN, logger, message, fields: () => metricFields(message) },
        false,
      );
  };

  const own = ts('Logging');
  for (const sentence of plan.ignored) {
    own.warn(sentence);
  }
  for (const problem of router.problems) {
    own.error(problem);
  }
  return {
    ts,
    access,
    model,
    tsMetrics: metrics(LOGGER.tsMetrics),
    modelMetrics: metrics(LOGGER.modelMetrics),
    telemetry: metrics(LOGGER.telemetry),
    print: (line) => {
      const console = router.console();
      if (console === null) {
        process.stdout.write(`${line}\n`);
      } else {
        console.write(`${line}\n`);
      }
    },
    flush: () => router.flush(),
    close: async () => {
      process.off('exit', onExit);
      await router.close();
    },
  };
}

/** A line of the server that concerns a request names it. */
function tagged(message: string, context: LogContext | undefined): string {
  return context?.requestId === undefined ? message : `${message} [request ${context.requestId}]`;
}
