import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** A process, with what it has used so far. */
export interface ProcessUse {
  readonly pid: number;
  readonly parent: number;
  readonly cpuSeconds: number;
}

/** Linux counts CPU time in hundredths of a second, whatever its kernel's clock. */
const ticksPerSecond = 100;

/** The process `root` and all that came of it and live; empty where it is gone. */
export function processTree(root: number): ProcessUse[] {
  const all = allProcesses();
  const children = new Map<number, ProcessUse[]>();
  for (const one of all) children.set(one.parent, [...(children.get(one.parent) ?? []), one]);
  const found = all.filter(({ pid }) => pid === root);
  // Grows while it is walked.
  for (const { pid } of found) found.push(...(children.get(pid) ?? []));
  return found;
}

/** Every process of the machine. */
export function allProcesses(): ProcessUse[] {
  return existsSync('/proc/self/stat') ? fromProc() : fromPs();
}

function fromProc(): ProcessUse[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        // The name, in brackets, may hold anything; state and parent follow, user and system time are 11 further on.
        const fields = readFileSync(`/proc/${name}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
        const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
        return [{ pid: Number(name), parent: Number(fields[1]), cpuSeconds }];
      } catch {
        return [];
      }
    });
}

function fromPs(): ProcessUse[] {
  const lines = execFileSync('ps', ['-axo', 'pid=,ppid=,time='], { encoding: 'utf8' }).trim().split('\n');
  return lines.flatMap((line) => {
    const [pid, parent, time = ''] = line.trim().split(/\s+/);
    const [seconds = 0, minutes = 0, hours = 0] = time.split(/[:-]/).map(Number).reverse();
    return pid ? [{ pid: Number(pid), parent: Number(parent), cpuSeconds: seconds + 60 * minutes + 3600 * hours }] : [];
  });
}
