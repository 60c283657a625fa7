import { expect, it } from 'vitest';
import { timeoutMs } from '../../../../../src/api/grpc/direct/timeout.js';

it.each([
  ['2H', 7_200_000],
  ['2M', 120_000],
  ['2S', 2000],
  ['2m', 2],
  ['2000u', 2],
  ['2000000n', 2],
  ['99999999H', 99_999_999 * 3_600_000],
  ['172800000m', 172_800_000],
])('reads %s', (sent, milliseconds) => {
  expect(timeoutMs(sent)).toBeCloseTo(milliseconds, 9);
});

it('takes a call without one as one without a limit', () => {
  expect(timeoutMs(undefined)).toBe(Number.POSITIVE_INFINITY);
});

it.each(['', '5', 'S', '-1S', '1.5S', '1234567890123456S', '1 S', '1s', '1SS'])('makes nothing of "%s"', (sent) => {
  expect(timeoutMs(sent)).toBeNull();
});
