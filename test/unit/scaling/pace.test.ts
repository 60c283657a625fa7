import { describe, expect, it } from 'vitest';
import type { Wish } from '../../../src/scaling/decide.js';
import { Pace } from '../../../src/scaling/pace.js';
import { autoscaleSettings } from '../../support/autoscale-settings.js';

const settings = autoscaleSettings({
  upscaleDelay: 1,
  upscaleRate: 100,
  downscaleDelay: 2,
  downscaleRate: 50,
  stabilizationWindow: 10,
});
const calls = (workers: number, cause: Wish['cause'] = 'utilization'): Wish => ({ workers, cause, reason: 'as told' });

/** Steps once a second; answers with the number of workers after each. */
function follow(pace: Pace, from: number, present: number, wishes: readonly Wish[]): number[] {
  return wishes.map((wish, index) => {
    present = pace.step((from + index) * 1000, present, wish, settings);
    return present;
  });
}
const seconds = (count: number, wish: Wish) => Array.from({ length: count }, () => wish);

describe('the pace of workers', () => {
  it('goes up only once more were called for all through the delay, and no faster than its rate', () => {
    expect(follow(new Pace(), 0, 2, [calls(9), calls(2), ...seconds(6, calls(9))])).toEqual([2, 2, 2, 4, 4, 8, 8, 9]);
  });

  it('has the first worker at once', () => {
    expect(new Pace().step(0, 0, calls(1, 'demand'), settings)).toBe(1);
  });

  it('goes down to the highest wish of the window, after the delay, and no faster than its rate', () => {
    const pace = new Pace();
    const after = follow(pace, 0, 8, [calls(8), ...seconds(9, calls(1)), calls(1), ...seconds(6, calls(1))]);
    expect(after).toEqual([8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 4, 4, 2, 2]);
  });

  it('goes to the minimum at once when nothing was asked for long', () => {
    expect(follow(new Pace(), 0, 4, [calls(4), calls(0, 'idle')])).toEqual([4, 0]);
  });

  it('learns from a step down that was taken back soon: the next one waits longer', () => {
    const pace = new Pace();
    const down = seconds(14, calls(2));
    expect(follow(pace, 0, 3, [calls(3), ...down]).at(-1)).toBe(2);
    expect(follow(pace, 20, 2, seconds(2, calls(3))).at(-1)).toBe(3);
    expect(follow(pace, 22, 3, [...down, ...down]).at(-1)).toBe(3);
    expect(follow(pace, 50, 3, [...down, ...down]).at(-1)).toBe(2);
  });

  it('does not learn from a surge', () => {
    const pace = new Pace();
    const down = seconds(14, calls(1));
    expect(follow(pace, 0, 2, [calls(2), ...down]).at(-1)).toBe(1);
    expect(follow(pace, 20, 1, seconds(2, calls(8))).at(-1)).toBe(2);
    expect(follow(pace, 22, 2, down).at(-1)).toBe(1);
  });
});
