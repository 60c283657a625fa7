import { describe, expect, it } from 'vitest';
import { parseLauncherArguments } from '../../../../src/config/launcher-arguments.js';
import { CorePlan } from '../../../../src/workers/cpu/core-plan.js';
import { type CpuAllotment, CpuShare } from '../../../../src/workers/cpu/cpu-share.js';
import { fakeCpus } from '../../../support/fake-cpus.js';

function member() {
  const tuned: CpuAllotment[] = [];
  return { tuned, tune: (allotment: CpuAllotment) => tuned.push(allotment) };
}

const planned = (...words: string[]) => new CorePlan(fakeCpus(2, 2), parseLauncherArguments(words));

describe('the cores of a machine', () => {
  it('are shared as threads, at least one each, and anew when workers come and go', () => {
    const share = new CpuShare(3);
    const [one, two] = [member(), member()];
    share.join(one);
    expect(share.allotmentOf(one)).toEqual({ threads: 3, placement: null });
    share.join(two);
    expect(one.tuned).toEqual([{ threads: 1, placement: null }]);
    expect(two.tuned).toEqual([]);
    share.leave(one);
    expect(two.tuned).toEqual([{ threads: 3, placement: null }]);
  });

  it('are left to torch where OMP_NUM_THREADS is set', () => {
    const share = new CpuShare(0);
    const [one, two] = [member(), member()];
    share.join(one);
    share.join(two);
    expect(share.allotmentOf(one)).toEqual({ threads: 0, placement: null });
    expect(one.tuned).toEqual([]);
  });

  it('are bound to by a plan, with a thread for each', () => {
    const share = new CpuShare(8, planned());
    const [one, two] = [member(), member()];
    share.join(one);
    expect(share.allotmentOf(one)).toEqual({ threads: 4, placement: { cpus: [0, 1, 2, 3], memoryNode: null } });
    share.join(two);
    expect(one.tuned).toEqual([{ threads: 2, placement: { cpus: [0, 1], memoryNode: 0 } }]);
    expect(share.allotmentOf(two)).toEqual({ threads: 2, placement: { cpus: [2, 3], memoryNode: 1 } });
    share.leave(one);
    expect(two.tuned).toEqual([{ threads: 4, placement: { cpus: [0, 1, 2, 3], memoryNode: null } }]);
  });

  it('are bound to under OMP_NUM_THREADS too, whose threads hold', () => {
    const share = new CpuShare(0, planned());
    const one = member();
    share.join(one);
    expect(share.allotmentOf(one)).toEqual({ threads: 0, placement: { cpus: [0, 1, 2, 3], memoryNode: null } });
  });

  it('are counted and not bound to where both ways of pinning are switched off', () => {
    const share = new CpuShare(8, planned('--disable_numactl', '--disable_taskset', '--ncores_per_instance', '2'));
    const one = member();
    share.join(one);
    expect(share.allotmentOf(one)).toEqual({ threads: 2, placement: null });
  });
});
