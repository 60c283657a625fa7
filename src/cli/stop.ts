import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Terminal } from './archiver/argument-parser.js';
import { isAlive } from './living-process.js';
import type { PidFile } from './pid-file.js';

/** Seconds that a server has beside its drain, to end its workers. */
const GRACE_SECONDS = 15;

/** Where the drain of a server is not known. */
const USUAL_DRAIN_SECONDS = 30;

/**
 * Asks the running server to end and waits until it has: until the requests in flight are answered and the workers are
 * gone. One that takes longer than its `drain_timeout` and a grace is killed.
 * @returns The exit code, which is 0 whether there was a server or not, as with TorchServe.
 */
export async function stop(pidFile: PidFile, terminal: Terminal): Promise<number> {
  const say = (line: string) => terminal.out.write(`${line}\n`);
  const pid = pidFile.runningServer();
  if (pid === null) {
    say('TorchServe is not currently running.');
    return 0;
  }
  const server = pidFile.recordOf(pid);
  const drain = server?.drainTimeoutSeconds ?? USUAL_DRAIN_SECONDS;
  const limit = drain + GRACE_SECONDS;
  if (!signal(pid, 'SIGTERM')) {
    say('TorchServe already stopped.');
  } else {
    if (!(await endsWithin(pid, 1))) {
      say(`Waiting up to ${drain} s for the requests in flight, and then for the workers to end.`);
    }
    if (!(await endsWithin(pid, limit))) {
      say(`Stopping TorchServe took too long. It did not end within ${limit} s and is killed.`);
      signal(pid, 'SIGKILL');
      await endsWithin(pid, GRACE_SECONDS);
    }
    say('TorchServe has stopped.');
  }
  for (const folder of new Set([process.cwd(), server?.workingFolder ?? process.cwd()])) {
    rmSync(join(folder, 'key_file.json'), { force: true });
  }
  pidFile.clear();
  return 0;
}

function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

async function endsWithin(pid: number, seconds: number): Promise<boolean> {
  const deadline = Date.now() + seconds * 1000;
  while (isAlive(pid)) {
    if (Date.now() > deadline) {
      return false;
    }
    await sleep(50);
  }
  return true;
}
