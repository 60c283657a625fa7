import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process that is alive. */
export interface LivingProcess {
  readonly pid: number;
  readonly command: string;
}

/**
 * The living processes whose environment or command line contains `mark`: with a test's temporary folder as the mark,
 * those that the test started, directly or not. Zombies do not count, nor does the caller. Where there is no /proc, only
 * command lines are looked at.
 */
export function processesMarked(mark: string): LivingProcess[] {
  let pids: number[];
  try {
    pids = readdirSync('/proc')
      .map(Number)
      .filter((pid) => pid > 0);
  } catch {
    return processesFromPs(mark);
  }
  return pids.flatMap((pid) => {
    if (pid === process.pid) return [];
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      // a zombie has neither command line nor environment
      return command && (command.includes(mark) || readFileSync(`/proc/${pid}/environ`, 'utf8').includes(mark))
        ? [{ pid, command }]
        : [];
    } catch {
      return [];
    }
  });
}

function processesFromPs(mark: string): LivingProcess[] {
  const lines = execFileSync('ps', ['-axo', 'pid=,command='], { encoding: 'utf8' }).split('\n');
  return lines.flatMap((line) => {
    const [, pid, command] = /^\s*(\d+)\s+(.*)$/.exec(line) ?? [];
    return pid && command?.includes(mark) && Number(pid) !== process.pid ? [{ pid: Number(pid), command }] : [];
  });
}

/** Waits up to `withinMs` for all processes with the mark to go; answers those that have not. */
export async function processesLeft(mark: string, withinMs = 5_000): Promise<LivingProcess[]> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const left = processesMarked(mark);
    if (left.length === 0 || Date.now() > deadline) return left;
    await sleep(50);
  }
}
