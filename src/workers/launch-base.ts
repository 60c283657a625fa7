import type { Config } from '../config/config.js';
import type { Logger } from '../observability/logging/logging.js';
import { type CpuLauncher, cpuLauncher } from './cpu/cpu-launcher.js';
import { HeldLines } from './held-lines.js';
import { hugePages } from './huge-pages.js';
import { findInterpreter, likelyInterpreter } from './interpreter.js';
import { NurseryLauncher } from './nursery-launcher.js';
import { SpawnLauncher } from './spawn-launcher.js';
import { workerEnvironment } from './worker-environment.js';
import type { Launcher } from './worker-process.js';

/** What every worker starts from. */
export interface LaunchBase {
  /** The interpreter, checked to have all that workers need. */
  readonly python: string;
  /** Environment of the workers. */
  readonly env: Readonly<Record<string, string>>;
  readonly launcher: Launcher;
  /** What the CPU launcher adds; null where it is off. */
  readonly pinning: CpuLauncher | null;
  /** From here on `onFork` is told how long (ms) each fork of a nursery took; null where it was refused. */
  watchForks(onFork: (elapsedMs: number | null) => void): void;
}

/**
 * Finds the interpreter and starts its nursery, which takes longer to be ready than all else that a server has to do
 * until it answers: so this comes first, and imports little.
 * @param folder private folder of the server.
 * @param log what nurseries print.
 * @throws StartupError where there is no interpreter that can run workers.
 */
export async function openLaunchBase(config: Config, folder: string, log: Logger): Promise<LaunchBase> {
  const inherited = workerEnvironment(process.env, config.blacklistEnvVars, {
    TS_DECODE_INPUT_REQUEST: String(config.decodeInputRequest),
    TS_IPEX_ENABLE: String(config.ipexEnable),
    TS_IPEX_GPU_ENABLE: String(config.ipexGpuEnable),
    TS_REQUEST_SEQUENCE_ID: config.tsHeaderKeySequenceId,
    TS_REQUEST_SEQUENCE_START: config.tsHeaderKeySequenceStart,
    TS_REQUEST_SEQUENCE_END: config.tsHeaderKeySequenceEnd,
    ...hugePages(process.env),
  });
  // The CPU launcher's part of the environment depends on what the interpreter has.
  if (forks(config) && !config.cpuLauncherEnable) return await startWhileChecked(config, folder, inherited, log);
  const python = await findInterpreter(config);
  const pinning = config.cpuLauncherEnable ? cpuLauncher(config.cpuLauncherArgs, { python, env: inherited }) : null;
  const env = { ...inherited, ...pinning?.env };
  if (!forks(config)) return { python, env, launcher: new SpawnLauncher(), pinning, watchForks: () => {} };
  const launcher = new NurseryLauncher(folder, env, (line) => log.info(line));
  await launcher.warm(python);
  return forking(python, env, launcher, pinning);
}

/** The nursery of the interpreter that it will most likely be imports while that one is checked. */
async function startWhileChecked(
  config: Config,
  folder: string,
  env: Readonly<Record<string, string>>,
  log: Logger,
): Promise<LaunchBase> {
  const lines = new HeldLines((line) => log.info(line));
  const launcher = new NurseryLauncher(folder, env, (line) => lines.take(line));
  const likely = likelyInterpreter(config);
  if (likely !== null) await launcher.warm(likely);
  let python: string;
  try {
    python = await findInterpreter(config);
  } catch (error) {
    // What is wrong is said by the error, and not by what the nursery printed.
    await launcher.close();
    throw error;
  }
  if (likely !== null && likely !== python) {
    await launcher.forget(likely);
    lines.drop();
  }
  lines.release();
  await launcher.warm(python);
  return forking(python, env, launcher, null);
}

function forking(
  python: string,
  env: Readonly<Record<string, string>>,
  launcher: NurseryLauncher,
  pinning: CpuLauncher | null,
): LaunchBase {
  const watchForks: LaunchBase['watchForks'] = (onFork) => {
    launcher.onFork = onFork;
  };
  return { python, env, launcher, pinning, watchForks };
}

/** Forking a process that has imported torch is safe on Linux alone. */
function forks({ workerStartMethod }: Config): boolean {
  return workerStartMethod === 'fork' || (workerStartMethod === 'auto' && process.platform === 'linux');
}
