import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Latencies } from '../../../src/benchmark/load/latencies.js';
import { percentile, spreadOf } from '../../../src/benchmark/statistics.js';

function latenciesOf(values: readonly number[]): Latencies {
  const latencies = new Latencies();
  for (const value of values) latencies.record(value);
  return latencies;
}

test('percentiles agree with those of the sorted values, within the width of a bucket', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.01, max: 60_000, noNaN: true }), { minLength: 1, maxLength: 300 }),
      (values) => {
        const latencies = latenciesOf(values);
        for (const percent of [50, 90, 99, 100]) {
          const exact = percentile(values, percent);
          expect(Math.abs(latencies.at(percent) - exact)).toBeLessThanOrEqual(exact * 0.001 + 0.001);
        }
      },
    ),
  );
});

test("percentiles count requests and not buckets, unlike upstream's of Locust", () => {
  const values = [...Array(900).fill(10), ...Array(80).fill(20), ...Array(20).fill(500)];
  expect(latenciesOf(values).at(90)).toBeCloseTo(10, 0);
  expect(latenciesOf(values).at(98)).toBeCloseTo(20, 0);
});

test('the texts of several rounds add up', () => {
  const both = Latencies.of([latenciesOf([1, 2]).text(), latenciesOf([100]).text()]);
  expect(both.count).toBe(3);
  expect(both.max).toBeCloseTo(100, 0);
});

test('bins hold every value once, and the last ends at the slowest', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 200 }), (values) => {
      const bins = latenciesOf(values).bins(20);
      expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(values.length);
      expect(bins.every(({ from, to, count }) => to > from && count >= 0)).toBe(true);
      expect(bins.at(-1)?.to).toBeGreaterThanOrEqual(Math.max(...values) * 0.999);
    }),
  );
});

test('nothing recorded has no percentiles', () => {
  expect(new Latencies().at(99)).toBeNaN();
  expect(new Latencies().bins(10)).toEqual([]);
});

test('medians and spreads', () => {
  expect(spreadOf([3, 1, 2])).toEqual({ median: 2, least: 1, most: 3 });
  expect(spreadOf([4, 1, 2, 3])).toEqual({ median: 2.5, least: 1, most: 4 });
  expect(spreadOf([Number.NaN, 5])).toEqual({ median: 5, least: 5, most: 5 });
  expect(spreadOf([])).toEqual({ median: Number.NaN, least: Number.NaN, most: Number.NaN });
});
