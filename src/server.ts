import type { Started } from './assembly.js';
import type { Config } from './config/config.js';
import { torchServeVersion } from './config/release.js';
import { makeRunFolder } from './lifecycle/run-folder.js';
import type { Logging } from './observability/logging/logging.js';
import { openTracing } from './observability/tracing/open-tracing.js';
import { openLaunchBase } from './workers/launch-base.js';

/** A server that answers. */
export interface RunningServer {
  /** Drains and ends everything that was started. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Builds every part, joins them and binds the listeners. What was started is ended again where a later part fails.
 * @throws StartupError for whatever keeps the server from starting.
 */
export async function startServer(config: Config, logging: Logging): Promise<RunningServer> {
  const started: Started = [];
  const log = logging.ts('ModelServer');
  let stopping: Promise<void> | null = null;
  const stop = (): Promise<void> => {
    stopping ??= endAll(started, (message) => log.error(message));
    return stopping;
  };
  try {
    await build(config, logging, started);
  } catch (error) {
    await stop();
    throw error;
  }
  logging.print('Model server started.');
  return { stop };
}

/** Python first, which takes longest: the rest of this package is loaded, built and bound while it imports torch. */
async function build(config: Config, logging: Logging, started: Started): Promise<void> {
  const folder = await makeRunFolder(config.temporaryFolder);
  started.push({ what: 'run folder', end: () => folder.remove() });

  // Before the workers' environment is made: it sets what their side of the traces goes by.
  const tracing = await openTracing(config, torchServeVersion, logging.ts('Tracing'));
  if (tracing) started.push({ what: 'traces', end: () => tracing.close() });

  const base = await openLaunchBase(config, folder.path, logging.ts('Nursery'));
  started.push({ what: 'workers', end: () => base.launcher.close() });

  const { assemble } = await import('./assembly.js');
  await assemble({ config, logging, folder, tracing, base }, started);
}

async function endAll(started: Started, onError: (message: string) => void): Promise<void> {
  for (const { what, end } of started.splice(0).reverse()) {
    try {
      await end();
    } catch (error) {
      onError(`${what} could not be ended cleanly: ${error}`);
    }
  }
}
