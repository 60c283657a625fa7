import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a command left behind. */
export interface CommandResult {
  readonly status: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where and how a command runs. */
export interface CommandPlace {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  /** After this the command is killed and the call rejects; 120 s unless told. */
  readonly timeoutMs?: number;
}

/**
 * Runs a command to its end, whatever its exit status. What it prints goes by way of files, because a server that it
 * starts keeps its streams open.
 */
export async function runCommand(words: readonly string[], place: CommandPlace): Promise<CommandResult> {
  const [file = '', ...args] = words;
  const folder = mkdtempSync(join(tmpdir(), 'tb-out-'));
  const paths = [join(folder, 'out'), join(folder, 'err')] as const;
  const files = paths.map((path) => openSync(path, 'w')) as [number, number];
  try {
    const child = spawn(file, args, { cwd: place.cwd, env: place.env ?? process.env, stdio: ['ignore', ...files] });
    const limit = place.timeoutMs ?? 120_000;
    const status = await new Promise<number | string>((done, failed) => {
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
        failed(new Error(`${words.join(' ')} did not end within ${limit} ms: ${readFileSync(paths[0], 'utf8')}`));
      }, limit);
      child.once('error', (error) => {
        clearTimeout(timer);
        failed(error);
      });
      child.once('exit', (code, signal) => {
        clearTimeout(timer);
        done(code ?? signal ?? 'unknown');
      });
    });
    return { status, stdout: readFileSync(paths[0], 'utf8'), stderr: readFileSync(paths[1], 'utf8') };
  } finally {
    for (const descriptor of files) closeSync(descriptor);
    rmSync(folder, { recursive: true, force: true });
  }
}
