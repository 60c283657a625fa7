import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { numbersOf, readTopology } from '../../../../src/workers/cpu/topology.js';
import { fakeCpus, fakeSys } from '../../../support/fake-cpus.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

describe('the topology of a machine', () => {
  it('is read from what the kernel tells: nodes, cores, hyperthreads', () => {
    const cpus = fakeCpus(2, 2);
    expect(readTopology(...fakeSys(temporaryFolder('cpu'), cpus, '0-7'))).toEqual(cpus);
  });

  it('is what this process may use of it', () => {
    const sys = fakeSys(temporaryFolder('cpu'), fakeCpus(2, 2), '1,3,5');
    expect(readTopology(...sys)).toEqual([
      { id: 1, core: 1, node: 0 },
      { id: 5, core: 1, node: 0 },
      { id: 3, core: 3, node: 1 },
    ]);
  });

  it('is unknown where there is no /proc', () => {
    expect(readTopology('/nowhere', '/nowhere')).toEqual([]);
  });

  it.runIf(process.platform === 'linux')('of this machine has the CPUs that node counts', () => {
    expect(readTopology().length).toBeGreaterThanOrEqual(availableParallelism());
  });

  it('knows the lists of the kernel', () => {
    expect(numbersOf('0-3,8,10-11\n')).toEqual([0, 1, 2, 3, 8, 10, 11]);
    expect(numbersOf('\n')).toEqual([]);
  });
});
