import { readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { cpus, freemem, totalmem } from 'node:os';

/** One figure of the machine. */
export interface SystemFigure {
  readonly name: string;
  readonly value: number;
  /** Index of the GPU that it is of. */
  readonly device?: string;
}

const megabyte = 1024 ** 2;
const gigabyte = 1024 ** 3;

/** Measures this machine: processors since the last time, memory, the disk of `/`. */
export class SystemSampler {
  #ticks = cpuTicks();

  async sample(): Promise<SystemFigure[]> {
    return [{ name: 'CPUUtilization', value: this.#cpu() }, ...(await disk()), ...memory()];
  }

  /** Percent of all processors together. */
  #cpu(): number {
    const now = cpuTicks();
    const total = now.total - this.#ticks.total;
    const busy = now.busy - this.#ticks.busy;
    this.#ticks = now;
    return total <= 0 ? 0 : tenths((100 * busy) / total);
  }
}

function cpuTicks(): { busy: number; total: number } {
  let busy = 0;
  let total = 0;
  for (const { times } of cpus()) {
    const all = times.user + times.nice + times.sys + times.irq + times.idle;
    total += all;
    busy += all - times.idle;
  }
  return { busy, total };
}

/** What a process that is not root can still write counts as available. */
async function disk(): Promise<SystemFigure[]> {
  const { bsize, blocks, bfree, bavail } = await statfs('/');
  const used = (blocks - bfree) * bsize;
  const available = bavail * bsize;
  return [
    { name: 'DiskAvailable', value: available / gigabyte },
    { name: 'DiskUsage', value: used / gigabyte },
    { name: 'DiskUtilization', value: used + available === 0 ? 0 : tenths((100 * used) / (used + available)) },
  ];
}

function memory(): SystemFigure[] {
  const total = totalmem();
  const available = availableMemory();
  return [
    { name: 'MemoryAvailable', value: available / megabyte },
    { name: 'MemoryUsed', value: (total - available) / megabyte },
    { name: 'MemoryUtilization', value: tenths((100 * (total - available)) / total) },
  ];
}

/** Bytes that can be had without swapping: caches can be given up. */
function availableMemory(): number {
  try {
    const kibibytes = /^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1];
    return kibibytes === undefined ? freemem() : Number(kibibytes) * 1024;
  } catch {
    return freemem();
  }
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
