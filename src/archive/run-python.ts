import { execa } from 'execa';

/**
 * Runs a Python interpreter to its end.
 * @returns What it wrote to standard output.
 * @throws {PythonFailed} with its own words if it ends otherwise than with 0.
 */
export type RunPython = (python: string, words: readonly string[]) => Promise<string>;

export interface RunPlace {
  readonly cwd: string;
  /** The whole environment. */
  readonly env: NodeJS.ProcessEnv;
  /** Aborting it ends the interpreter and everything that it started. */
  readonly signal?: AbortSignal | undefined;
}

/** What an interpreter said when it failed. */
export class PythonFailed extends Error {
  override readonly name = 'PythonFailed';
}

/** Interpreters that live no longer than this process or the place's signal lets them. */
export function pythonRunner({ cwd, env, signal }: RunPlace): RunPython {
  return async (python, words) => {
    signal?.throwIfAborted();
    // In a process group of its own, so that what pip starts ends with it.
    const child = execa(python, words, {
      cwd,
      env,
      extendEnv: false,
      stdin: 'ignore',
      detached: true,
      cleanup: false,
      reject: false,
    });
    const end = (): void => {
      try {
        if (child.pid !== undefined) {
          process.kill(-child.pid, 'SIGKILL');
        }
      } catch {
        // It has ended by itself.
      }
    };
    signal?.addEventListener('abort', end, { once: true });
    process.once('exit', end);
    try {
      const result = await child;
      signal?.throwIfAborted();
      if (result.failed) {
        throw new PythonFailed(
          lastWords(result.stderr) || result.originalMessage || `it ended with ${result.exitCode}`,
        );
      }
      return result.stdout;
    } finally {
      signal?.removeEventListener('abort', end);
      process.removeListener('exit', end);
    }
  };
}

/** The lines that pip marks as errors; where there are none, the last ones. */
function lastWords(printed: string): string {
  const lines = printed
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  const errors = lines.filter((line) => line.startsWith('ERROR:'));
  const told = errors.length > 0 ? errors : lines.slice(-3);
  return told
    .map((line) => line.replace(/^ERROR:\s*/, ''))
    .join(' ')
    .slice(0, 2000);
}
