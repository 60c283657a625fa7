import { describe, expect, it } from 'vitest';
import { decide } from '../../../src/scaling/decide.js';
import type { Load } from '../../../src/scaling/load.js';
import { autoscaleSettings } from '../../support/autoscale-settings.js';

const calm: Load = {
  now: 10_000,
  workers: 2,
  ready: 2,
  waiting: 0,
  oldestWaitMs: 0,
  busy: 1.3,
  arrivals: 13,
  batchMs: 100,
  idleMs: 0,
};
const settings = autoscaleSettings({
  targetQueueWait: 200,
  targetQueueDepth: 8,
  targetUtilization: 70,
  idleTimeout: 60,
});
const wish = (load: Partial<Load>) => decide({ ...calm, ...load }, settings);

describe('the wish of a load', () => {
  it.each([
    ['about on target', {}, 2, 'steady'],
    ['a little above', { busy: 1.5 }, 2, 'steady'],
    ['well above', { busy: 1.6 }, 3, 'utilization'],
    ['every worker is busy', { busy: 2 }, 3, 'utilization'],
    ['little to do', { busy: 0.3 }, 1, 'utilization'],
    ['nothing to do', { busy: 0 }, 1, 'utilization'],
    ['nothing to do for long', { busy: 0, idleMs: 60_000 }, 0, 'idle'],
    ['a short queue', { waiting: 3, busy: 1.4 }, 2, 'steady'],
    ['a queue that costs too much', { waiting: 10, busy: 2, arrivals: 20 }, 7, 'queue_wait'],
    ['a long wait that is all there is', { waiting: 1, oldestWaitMs: 300, busy: 1.4 }, 3, 'queue_wait'],
    ['never more workers than batches', { waiting: 2, batchMs: 5000, busy: 1.4, arrivals: 0 }, 3, 'queue_wait'],
    ['many quick ones', { waiting: 24, batchMs: 1, busy: 1.4 }, 3, 'queue_depth'],
    ['no worker and nothing to do', { workers: 0, ready: 0 }, 0, 'demand'],
    ['no worker and one request', { workers: 0, ready: 0, waiting: 1 }, 1, 'demand'],
    ['no worker and many requests', { workers: 0, ready: 0, waiting: 40, batchMs: null }, 5, 'demand'],
    [
      'the first worker starts',
      { workers: 1, ready: 0, waiting: 3, oldestWaitMs: 900, batchMs: null, busy: 0 },
      1,
      'steady',
    ],
  ] as const)('%s', (_name, load, workers, cause) => {
    expect(wish(load)).toMatchObject({ workers, cause });
  });

  it('says why, with the figures', () => {
    expect(wish({ busy: 2 }).reason).toBe('workers are busy 100 % of the time, target 70 %');
    expect(wish({ waiting: 10, busy: 2, arrivals: 20 }).reason).toBe('10 batches would wait 500 ms, target 200 ms');
    expect(wish({ idleMs: 61_000 }).reason).toBe('nothing was asked for 61 s');
  });
});
