import { allProcesses } from '../src/benchmark/sampling/process-tree.js';
import type { ServerPlace } from '../test/support/server.js';

/** The CPU time that a place's processes have used so far, in seconds. */
export function processorSeconds(place: ServerPlace): number {
  const own = new Set(place.processes().map(({ pid }) => pid));
  return allProcesses().reduce((sum, { pid, cpuSeconds }) => (own.has(pid) ? sum + cpuSeconds : sum), 0);
}
