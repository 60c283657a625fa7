import { describe, expect, it } from 'vitest';
import { autoscaleSettings } from '../../support/autoscale-settings.js';
import { type SimulatedPool, type SimulatedRun, simulate } from '../../support/simulated-pool.js';

/** A handler that waits 100 ms and a worker that takes 250 ms to come: at most eight of them, 80 requests a second. */
const pool: SimulatedPool = {
  settings: autoscaleSettings(),
  min: 1,
  max: 8,
  serviceMs: 100,
  startMs: 250,
  seconds: 120,
  rate: () => 8,
  seed: 7,
};
const most = 80;
const run = (change: Partial<SimulatedPool>) => simulate({ ...pool, ...change });
const p99 = ({ latencies }: SimulatedRun) => latencies[Math.floor(latencies.length * 0.99)] as number;

describe('the defaults, on a clock of their own', () => {
  it.each([0.1, 0.3, 0.5, 0.7, 0.9])('leave the workers of a steady load of %d of the most alone', (share) => {
    const minutes = 10;
    const perMinute = [1, 2, 3].map((seed) => {
      const { changes } = run({ rate: () => share * most, seconds: 60 * (minutes + 1), seed });
      return changes.filter(({ second }) => second > 60).length / minutes;
    });
    expect(Math.max(...perMinute)).toBeLessThanOrEqual(1.2);
    expect(perMinute.reduce((sum, one) => sum + one, 0) / perMinute.length).toBeLessThanOrEqual(1);
  });

  it.each([20, 50, 300, 1000])('do so with a handler that takes %d ms, too', (serviceMs) => {
    for (const share of [0.15, 0.55]) {
      const { changes } = run({ serviceMs, rate: () => (share * 8000) / serviceMs, seconds: 780, seed: 3 });
      // Of the slowest, few come a minute: it takes three of them to know the load.
      expect(changes.filter(({ second }) => second > 180).length / 10).toBeLessThanOrEqual(1);
    }
  });

  it('serve bursts nearly as the most workers would, at little more than half their time', () => {
    const rate = (second: number) => (second % 40 >= 20 && second % 40 < 26 ? 1.15 : 0.08) * most;
    const elastic = run({ rate });
    const fixed = run({ rate, min: 8 });
    expect(p99(elastic)).toBeLessThan(1.5 * p99(fixed));
    expect(elastic.workerSeconds).toBeLessThan(0.6 * fixed.workerSeconds);
  });

  it('serve a day as the most workers would, for less', () => {
    const rate = (second: number) => most * (0.45 - 0.4 * Math.cos((second / 300) * 2 * Math.PI));
    const elastic = run({ rate, seconds: 300 });
    const fixed = run({ rate, seconds: 300, min: 8 });
    expect(p99(elastic)).toBeLessThan(1.5 * p99(fixed));
    expect(elastic.workerSeconds).toBeLessThan(0.9 * fixed.workerSeconds);
  });
});
