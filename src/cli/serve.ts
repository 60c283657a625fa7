import { compile } from '../config/compile.js';
import type { Config } from '../config/config.js';
import type { Given } from '../config/given.js';
import { StartupError } from '../errors/startup-error.js';
import { chosenPlan } from '../observability/logging/config/chosen-plan.js';
import type { Logging } from '../observability/logging/logging.js';
import { type OpenLogging, openLogging } from '../observability/logging/server-logging.js';
import { startServer } from '../server.js';
import { SERVER_TITLE } from './living-process.js';
import { PidFile } from './pid-file.js';
import { StopSignals } from './stop-signals.js';

/** Who waits for the server to be up. */
export interface Starter {
  /** Whether it runs in the foreground, and ends with its terminal. */
  readonly foreground: boolean;
  ready(): Promise<void>;
  /** One sentence why not. */
  failed(reason: string): Promise<void>;
}

/**
 * Runs the server in this process until it is told to stop.
 * @returns The exit status: 0 after an orderly stop, else that of the failure.
 */
export async function serve(given: Given, starter: Starter): Promise<number> {
  process.title = SERVER_TITLE;
  const pidFile = new PidFile();
  const signals = new StopSignals(starter.foreground, () => pidFile.remove(process.pid));
  let logging: OpenLogging | null = null;
  try {
    const config = compile(given);
    logging = openLogging(await chosenPlan(config));
    surviveStrayErrors(logging, pidFile);
    warn(config, logging);
    const server = await startServer(config, logging);
    try {
      pidFile.claim({
        pid: process.pid,
        workingFolder: config.workingFolder,
        drainTimeoutSeconds: config.drainTimeout,
      });
      // So that what was said of the start stands before what the command prints next.
      await Promise.race([logging.flush(), later(500)]);
      await starter.ready();
      const signal = await signals.first;
      logging.ts('ModelServer').info(`Stopping on ${signal}: requests in flight are answered first.`);
    } finally {
      await server.stop();
    }
    logging.ts('ModelServer').info('Stopped.');
    return 0;
  } catch (error) {
    const known = error instanceof StartupError;
    const reason = known
      ? error.message
      : `The server failed to start: ${error instanceof Error ? error.message : error}`;
    logging?.ts('ModelServer').error(reason, known ? {} : { error });
    await starter.failed(reason);
    return known ? error.exitCode : 1;
  } finally {
    pidFile.remove(process.pid);
    await Promise.race([logging?.close(), later(2000)]);
  }
}

function warn(config: Config, logging: Logging): void {
  const log = logging.ts('Configuration');
  for (const sentence of config.warnings) {
    log.warn(sentence);
  }
}

/** A defect in one corner is logged; it ends the server only where its state can no longer be trusted. */
function surviveStrayErrors(logging: Logging, pidFile: PidFile): void {
  const log = logging.ts('ModelServer');
  process.on('unhandledRejection', (error) => log.error('A promise was rejected and nobody looked', { error }));
  process.on('uncaughtException', (error) => {
    log.error('The server cannot go on', { error });
    pidFile.remove(process.pid);
    process.exit(1);
  });
  // The terminal that started us may be gone.
  process.stderr.on('error', () => {});
}

function later(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
}
