import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RestartPolicy } from '../../../src/workers/restart-policy.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the waits between tries', () => {
  it('grow from failure to failure', () => {
    const policy = new RestartPolicy(300);
    expect(Array.from({ length: 8 }, () => policy.failed())).toEqual([0, 1000, 1000, 2000, 3000, 5000, 8000, 13_000]);
  });

  it('start over after a good load', () => {
    const policy = new RestartPolicy(300);
    policy.failed();
    policy.failed();
    policy.succeeded();
    expect(policy.failed()).toBe(0);
  });

  it('end when the window has passed since the first failure', () => {
    const policy = new RestartPolicy(10);
    policy.failed();
    vi.advanceTimersByTime(9_999);
    expect(policy.failed()).not.toBeNull();
    vi.advanceTimersByTime(1);
    expect(policy.failed()).toBeNull();
  });

  it('do not exist where the window is 0', () => {
    expect(new RestartPolicy(0).failed()).toBeNull();
  });
});
