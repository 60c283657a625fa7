import { describe, expect, it } from 'vitest';
import { parseLauncherArguments } from '../../../../src/config/launcher-arguments.js';
import { CorePlan } from '../../../../src/workers/cpu/core-plan.js';
import { fakeCpus } from '../../../support/fake-cpus.js';

/** Two memory nodes of four cores: hyperthreads 0–3 and 8–11 on node 0, 4–7 and 12–15 on node 1. */
const machine = fakeCpus(2, 4);

function plan(words = '', cpus = machine): CorePlan {
  return new CorePlan(cpus, parseLauncherArguments(words.split(' ').filter(Boolean)));
}

const places = (words: string, workers: number, cpus = machine) =>
  plan(words, cpus)
    .place(workers)
    .map(({ cpus, memoryNode }) => `${cpus.join()}@${memoryNode ?? 'any'}`);

describe('cores are dealt out', () => {
  it.each([
    [1, ['0,1,2,3,4,5,6,7@any']],
    [2, ['0,1,2,3@0', '4,5,6,7@1']],
    [3, ['0,1@0', '2,3@0', '4,5,6,7@1']],
    [4, ['0,1@0', '2,3@0', '4,5@1', '6,7@1']],
    [5, ['0,1@0', '2@0', '3@0', '4,5@1', '6,7@1']],
    [9, ['0@0', '1@0', '2@0', '3@0', '4@1', '5@1', '6@1', '7@1', '0@0']],
  ])('among %i workers: evenly, within memory nodes, one hyperthread a core', (workers, expected) => {
    expect(places('', workers)).toEqual(expected);
  });

  it.each([
    ['--use_logical_core', 4, ['0,8,1,9@0', '2,10,3,11@0', '4,12,5,13@1', '6,14,7,15@1']],
    ['--node_id 1', 2, ['4,5@1', '6,7@1']],
    ['--node_id 1 --use_logical_core', 1, ['4,12,5,13,6,14,7,15@1']],
    ['--core_list 2,3,4,12', 2, ['2,3@0', '4,12@1']],
    ['--ninstances 4', 2, ['0,1@0', '2,3@0']],
    ['--ninstances 2', 3, ['0,1,2,3@0', '4,5,6,7@1', '0,1,2,3@0']],
    ['--ninstances 4 --rank 1', 2, ['2,3@0', '4,5@1']],
    ['--ncores_per_instance 3', 3, ['0,1,2@0', '3,4,5@any', '0,1,2@0']],
    ['--ncores_per_instance 3 --skip_cross_node_cores', 3, ['0,1,2@0', '4,5,6@1', '0,1,2@0']],
    ['--ncores_per_instance 2 --ninstances 2', 3, ['0,1@0', '2,3@0', '0,1@0']],
    ['--latency_mode', 1, ['0,1,2,3@0']],
    ['--throughput_mode', 3, ['0,1,2,3@0', '4,5,6,7@1', '0,1,2,3@0']],
    ['--disable_numactl', 2, ['0,1,2,3@any', '4,5,6,7@any']],
  ])('as %s says', (words, workers, expected) => {
    expect(places(words, workers)).toEqual(expected);
  });

  it('without a memory node where there is but one', () => {
    expect(places('', 2, fakeCpus(1, 2))).toEqual(['0@any', '1@any']);
  });

  it('unevenly where memory nodes are of different sizes', () => {
    const lopsided = machine.filter(({ core }) => core < 6);
    expect(places('', 3, lopsided)).toEqual(['0,1@0', '2,3@0', '4,5@1']);
  });
});

describe('what a machine does not have', () => {
  it.each([
    ['--core_list 2,99', '--core_list: this server has no core 99', '2@0'],
    ['--core_list 98,99', '--core_list: this server has no core 98, 99', '0,1,2,3,4,5,6,7@any'],
    ['--node_id 7', '--node_id 7: this server has no cores there, and uses those of all nodes', '0,1,2,3,4,5,6,7@any'],
    [
      '--ncores_per_instance 20',
      '--ncores_per_instance 20: there are only 8, which all workers share',
      '0,1,2,3,4,5,6,7@any',
    ],
  ])('is told of, and the rest is used: %s', (words, warning, place) => {
    expect(plan(words).warnings).toEqual([warning]);
    expect(places(words, 1)).toEqual([place]);
  });
});
