import { join } from 'node:path';
import { execa } from 'execa';
import { GroupKeeper } from './group-keeper.js';
import { readLines } from './output-lines.js';
import { packageRoot } from './package-root.js';
import { parentOf } from './parent.js';
import { type Exit, groupLeader, type Launcher, type LaunchOrder, type WorkerProcess } from './worker-process.js';

/** Starts each worker as a fresh interpreter: slower than a fork, and safe everywhere. */
export class SpawnLauncher implements Launcher {
  readonly #alive = new Set<WorkerProcess>();
  readonly #keeper: GroupKeeper;

  /** @param keeper ended with the launcher. */
  constructor(keeper = new GroupKeeper()) {
    this.#keeper = keeper;
  }

  /** @param module a Python module with its arguments. */
  async launch(order: LaunchOrder, module: readonly string[] = ['ts_worker.main']): Promise<WorkerProcess> {
    const child = execa(order.python, ['-m', ...module], {
      // Not the archive's: python -m puts it before the standard library, and the archive may hold a json.py. The worker
      // enters the archive when its own imports are done.
      cwd: join(packageRoot, 'python_backend'),
      env: { ...order.env, ...parentOf() },
      extendEnv: false,
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
      buffer: false,
      reject: false,
      // A group of its own, so that what the handler starts can be ended with it.
      detached: true,
    });
    readLines(child.stdout, (line) => order.onLine('stdout', line));
    readLines(child.stderr, (line) => order.onLine('stderr', line));
    const ended = child.then(
      (result): Exit => ({
        code: result.exitCode ?? null,
        signal: (result.signal as NodeJS.Signals | undefined) ?? null,
      }),
      (): Exit => ({ code: null, signal: null }),
    );
    const { pid } = child;
    if (pid === undefined) {
      const result = await child;
      throw new Error(
        `could not start ${order.python}: ${'shortMessage' in result ? result.shortMessage : 'unknown reason'}`,
      );
    }
    const process = groupLeader(pid, ended);
    this.#alive.add(process);
    this.#keeper.keep(process);
    void ended.then(() => this.#alive.delete(process));
    return process;
  }

  async close(): Promise<void> {
    await Promise.all(
      [...this.#alive].map(async (process) => {
        process.kill('SIGKILL');
        await process.exited;
      }),
    );
    this.#keeper.close();
  }
}
