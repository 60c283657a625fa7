import { accessSync, constants, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { StartupError } from '../errors/startup-error.js';
import { isAlive, isServer } from './living-process.js';

/** What a running server leaves beside its pid file, for the command that stops it. */
export interface ServerRecord {
  readonly pid: number;
  readonly workingFolder: string;
  readonly drainTimeoutSeconds: number;
}

/**
 * `.model_server.pid` in the temporary folder: the id of the one server that runs with this folder, in decimal. Beside it
 * lies `.model_server.json` with what else is worth knowing of that server.
 */
export class PidFile {
  readonly path: string;
  readonly #recordPath: string;

  constructor(folder = temporaryFolder(process.env)) {
    this.path = join(folder, '.model_server.pid');
    this.#recordPath = join(folder, '.model_server.json');
  }

  /** Whether the file names a process that is gone, or no process at all. */
  isOrphan(): boolean {
    const text = this.#text();
    const pid = pidIn(text ?? '');
    return text !== null && (pid === null || !isAlive(pid));
  }

  /** Id of the server that runs, or null. Another program that got the id of a past server is not one. */
  runningServer(): number | null {
    const pid = pidIn(this.#text() ?? '');
    return pid !== null && isServer(pid) ? pid : null;
  }

  /** What the server of this id left; null where it left nothing. */
  recordOf(pid: number): ServerRecord | null {
    try {
      const found: unknown = JSON.parse(readFileSync(this.#recordPath, 'utf8'));
      return isRecord(found) && found.pid === pid ? found : null;
    } catch {
      return null;
    }
  }

  /**
   * Writes the files for a server that is up.
   * @throws StartupError where another server has come up meanwhile, or the folder cannot be written.
   */
  claim(server: ServerRecord): void {
    this.refuseSecond();
    try {
      writeFileSync(this.#recordPath, `${JSON.stringify(server)}\n`, { mode: 0o600 });
      writeFileSync(this.path, String(server.pid));
    } catch (error) {
      throw new StartupError(
        `Cannot write the pid file ${this.path} (${(error as NodeJS.ErrnoException).code}): name another folder with TMPDIR.`,
      );
    }
  }

  /** @throws StartupError where a server runs. */
  refuseSecond(): void {
    if (this.runningServer() !== null) {
      throw new StartupError('TorchServe is already running, please use torchserve --stop to stop TorchServe.');
    }
  }

  /** Removes the files, unless another server has taken them over. */
  remove(pid: number): void {
    const text = this.#text();
    if (text !== null && [pid, null].includes(pidIn(text))) {
      rmSync(this.path, { force: true });
      rmSync(this.#recordPath, { force: true });
    }
  }

  /** Removes the files whosever they are. */
  clear(): void {
    rmSync(this.path, { force: true });
    rmSync(this.#recordPath, { force: true });
  }

  #text(): string | null {
    try {
      return readFileSync(this.path, 'utf8');
    } catch {
      return null;
    }
  }
}

/** By hand: loading zod would take longer than all else that a command does before it starts a server. */
function isRecord(found: unknown): found is ServerRecord {
  const { pid, workingFolder, drainTimeoutSeconds } = Object(found) as Partial<Record<keyof ServerRecord, unknown>>;
  return typeof pid === 'number' && typeof workingFolder === 'string' && typeof drainTimeoutSeconds === 'number';
}

function pidIn(text: string): number | null {
  const pid = /^\s*(\d{1,10})\s*(?:\n|$)/.exec(text)?.[1];
  return pid === undefined || Number(pid) === 0 ? null : Number(pid);
}

/** The folder that Python calls temporary, since TorchServe's pid file lies there: the first that can be written. */
export function temporaryFolder(environment: NodeJS.ProcessEnv): string {
  const named = ['TMPDIR', 'TEMP', 'TMP'].map((name) => environment[name]);
  for (const folder of [...named, '/tmp', '/var/tmp', '/usr/tmp']) {
    if (folder && isWritable(folder)) {
      return resolve(folder);
    }
  }
  return process.cwd();
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return statSync(folder).isDirectory();
  } catch {
    return false;
  }
}
