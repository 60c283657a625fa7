import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { ExecaError, execa } from 'execa';
import { z } from 'zod';
import type { Config } from '../config/config.js';
import { StartupError } from '../errors/startup-error.js';
import { packageRoot } from './package-root.js';

/** A Python that can run workers. */
export interface Interpreter {
  /** Absolute path, to be started as it stands: a virtual environment is known by it. */
  readonly executable: string;
  /** Versions, such as `3.11.9`. */
  readonly python: string;
  readonly torch: string;
}

const report = z.object({
  python: z.string(),
  executable: z.string(),
  torch: z.string().nullish(),
  problems: z.array(z.object({ missing: z.string(), cure: z.string() })),
});

/** A Python, and who named it. */
interface Candidate {
  readonly command: string;
  readonly named: string;
}

/**
 * Path of the Python that runs workers, checked to have all that they need.
 * @throws StartupError that says what is missing and the command that installs it.
 */
export async function findInterpreter(config: Pick<Config, 'python'>): Promise<string> {
  return (await inspectInterpreter(config)).executable;
}

/** The same with its versions. */
export async function inspectInterpreter(
  config: Pick<Config, 'python'>,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Interpreter> {
  const candidate = choose(config.python, environment);
  const { python, executable, torch, problems } = await check(candidate, environment);
  if (problems.length > 0) {
    const missing = problems.map((problem) => problem.missing).join(', ');
    const cures = [...new Set(problems.map((problem) => problem.cure))].join(' && ');
    throw new StartupError(`The Python ${candidate.command} (${candidate.named}) lacks ${missing}; cure: ${cures}`);
  }
  return { executable, python, torch: torch ?? 'unknown' };
}

/**
 * Path that `findInterpreter` will answer, if all is well, found without asking the interpreter; null where nothing is
 * there. A wrapper script, for instance, is another file than the interpreter that it starts.
 */
export function likelyInterpreter(
  config: Pick<Config, 'python'>,
  environment: NodeJS.ProcessEnv = process.env,
): string | null {
  const { command } = choose(config.python, environment);
  const paths = command.includes('/')
    ? [resolve(command)]
    : (environment['PATH'] ?? '').split(delimiter).map((folder) => resolve(folder, command));
  return paths.find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** `python` as it was told by flag, variable or file; else the active virtual environment's; else set-up's; else python3. */
function choose(told: string | null, environment: NodeJS.ProcessEnv): Candidate {
  if (told !== null) {
    return { command: told, named: 'as configured' };
  }
  const active = environment['VIRTUAL_ENV'];
  if (active !== undefined && active !== '') {
    return { command: join(active, 'bin', 'python'), named: 'of the active virtual environment' };
  }
  const own = join(packageRoot, '.venv', 'bin', 'python');
  return existsSync(own)
    ? { command: own, named: 'made by set-up' }
    : { command: 'python3', named: 'found on PATH; --python or TS_PYTHON name another' };
}

async function check({ command, named }: Candidate, environment: NodeJS.ProcessEnv): Promise<z.infer<typeof report>> {
  let output: string;
  try {
    const { stdout } = await execa(command, ['-m', 'ts_worker.check'], {
      env: {
        PYTHONPATH: [environment['PYTHONPATH'], join(packageRoot, 'python_backend')].filter(Boolean).join(delimiter),
      },
      stdin: 'ignore',
      timeout: 60_000,
    });
    output = stdout;
  } catch (error) {
    if (!(error instanceof ExecaError)) {
      throw error;
    }
    if (error.code === 'ENOENT' || error.code === 'EACCES') {
      throw new StartupError(
        `There is no Python at ${command} (${named}): name one with --python, TS_PYTHON or the key python, or run "npm run setup".`,
      );
    }
    const last =
      String(error.stderr ?? '')
        .trim()
        .split('\n')
        .at(-1) || error.shortMessage;
    throw new StartupError(`The Python ${command} (${named}) cannot run workers: ${last}`);
  }
  const parsed = report.safeParse(json(output.trim().split('\n').at(-1) ?? ''));
  if (!parsed.success) {
    throw new StartupError(
      `${command} (${named}) does not answer as a Python does: it said "${output.slice(0, 200)}".`,
    );
  }
  return parsed.data;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
