import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** Linux on every architecture that torch has wheels for. */
const pageBytes = 4096;

/** Resident memory of a process in bytes; 0 where it is gone or the system has no /proc. */
export function residentBytes(pid: number): number {
  if (pid <= 0) return 0;
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * pageBytes;
  } catch {
    return 0;
  }
}

/**
 * Memory in bytes that the end of a process gives back: what it shares with no other. A forked worker shares most of its
 * resident memory with the process that it was forked from. 0 where it is gone or the system does not say.
 */
export async function ownBytes(pid: number): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  const kibibytes = [...rollup.matchAll(/^Private_(?:Clean|Dirty|Hugetlb):\s+(\d+) kB$/gm)].map(([, size]) =>
    Number(size),
  );
  return kibibytes.length > 0 ? kibibytes.reduce((sum, size) => sum + size, 0) * 1024 : residentBytes(pid);
}

/** Processor time that a process has used, in seconds; null where it is gone or the system does not say. */
export function processorSeconds(pid: number): number | null {
  try {
    // The second field, in parentheses, may hold spaces; user and system time are the 14th and 15th, in 1/100 s.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return null;
  }
}
