import { readFileSync } from 'node:fs';

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
