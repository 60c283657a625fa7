import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LogicalCpu } from '../../src/workers/cpu/topology.js';

/**
 * The machine that the tests deal out: so many memory nodes of so many cores, two hyperthreads each. Hyperthreads are
 * numbered as on most servers: first one of every core, then the other of every core.
 */
export function fakeCpus(nodes: number, coresPerNode: number): LogicalCpu[] {
  const cores = nodes * coresPerNode;
  return Array.from({ length: cores }, (_, core) =>
    [core, core + cores].map((id) => ({ id, core, node: Math.floor(core / coresPerNode) })),
  ).flat();
}

/** Writes what the kernel tells of such a machine; answers the places that `readTopology` reads. */
export function fakeSys(folder: string, cpus: readonly LogicalCpu[], allowed: string): [sys: string, status: string] {
  const write = (path: string, text: string) => {
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, `${text}\n`);
  };
  const system = join(folder, 'sys/devices/system');
  const ids = (some: readonly LogicalCpu[]) => some.map(({ id }) => id).join();
  for (const { id, core, node } of cpus) {
    const siblings = cpus.filter((other) => other.core === core);
    write(join(system, `cpu/cpu${id}/topology/thread_siblings_list`), ids(siblings));
    write(join(system, `node/node${node}/cpulist`), ids(cpus.filter((other) => other.node === node)));
  }
  write(join(folder, 'status'), `Name:\tnode\nCpus_allowed:\tff\nCpus_allowed_list:\t${allowed}`);
  return [join(folder, 'sys'), join(folder, 'status')];
}
