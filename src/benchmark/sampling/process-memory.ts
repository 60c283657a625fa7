import { readFileSync } from 'node:fs';

/** Memory of one process or several, in bytes. */
export interface MemoryUse {
  /** All pages that are in memory; pages that processes share count in each. */
  readonly resident: number;
  /** Shared pages are divided among those that share them: the sum over all processes is what they take together. */
  readonly proportional: number;
  /** Pages that no other process has: what its end would give back. */
  readonly private: number;
}

/** Memory of several processes together. Those that are gone count nothing; where there is no /proc, all is 0. */
export function memoryOf(pids: readonly number[]): MemoryUse {
  const sum = { resident: 0, proportional: 0, private: 0 };
  for (const pid of pids) {
    let text: string;
    try {
      text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    } catch {
      continue;
    }
    const bytes = (name: string) => Number(new RegExp(`^${name}: +(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) * 1024;
    sum.resident += bytes('Rss');
    sum.proportional += bytes('Pss');
    sum.private += bytes('Private_Clean') + bytes('Private_Dirty') + bytes('Private_Hugetlb');
  }
  return sum;
}
