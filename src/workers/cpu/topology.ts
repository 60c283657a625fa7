import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One hyperthread, as the kernel numbers it. */
export interface LogicalCpu {
  readonly id: number;
  /** The physical core, named by the least of its hyperthreads. */
  readonly core: number;
  /** Memory node (NUMA). */
  readonly node: number;
}

/**
 * The logical CPUs that this process may use, with their cores and memory nodes, in the order node, core, hyperthread.
 * Empty where there is nothing to read, as on systems other than Linux.
 * @param sys where sysfs is mounted.
 * @param status status file of the process.
 */
export function readTopology(sys = '/sys', status = '/proc/self/status'): LogicalCpu[] {
  const allowed = /^Cpus_allowed_list:\s*(\S+)/m.exec(read(status) ?? '')?.[1];
  if (allowed === undefined) return [];
  const nodes = nodeOfEach(join(sys, 'devices/system/node'));
  return numbersOf(allowed)
    .map((id): LogicalCpu => {
      const topology = join(sys, `devices/system/cpu/cpu${id}/topology`);
      const siblings = read(join(topology, 'core_cpus_list')) ?? read(join(topology, 'thread_siblings_list'));
      return { id, core: siblings === null ? id : (numbersOf(siblings)[0] ?? id), node: nodes.get(id) ?? 0 };
    })
    .sort((a, b) => a.node - b.node || a.core - b.core || a.id - b.id);
}

/** Logical CPU → memory node; empty on a kernel without NUMA, where all memory is one node. */
function nodeOfEach(folder: string): ReadonlyMap<number, number> {
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => /^node\d+$/.test(name));
  } catch {
    return new Map();
  }
  return new Map(
    names.flatMap((name) =>
      numbersOf(read(join(folder, name, 'cpulist')) ?? '').map((id) => [id, Number(name.slice(4))] as const),
    ),
  );
}

/** The kernel's lists: `0-3,8,10-11`. */
export function numbersOf(list: string): number[] {
  return list
    .trim()
    .split(',')
    .filter((range) => range !== '')
    .flatMap((range) => {
      const [first = 0, last = first] = range.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    });
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
