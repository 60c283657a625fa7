import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decimal } from '../../../../src/observability/metrics/decimal.js';

it.each([
  [1, '1.0'],
  [0, '0.0'],
  [0.04, '0.04'],
  [0.00001, '1.0E-5'],
  [123456789, '1.23456789E8'],
  [1337575.591, '1337575.591'],
  [0.001, '0.001'],
  [12.07, '12.07'],
  [0.1 + 0.2, '0.30000000000000004'],
  [9999999.999, '9999999.999'],
  [9999999.5, '9999999.5'],
  [10_000_000, '1.0E7'],
  [-2.5, '-2.5'],
  [Number.NaN, 'NaN'],
  [Number.NEGATIVE_INFINITY, '-Infinity'],
])('%d reads %s', (value, text) => {
  expect(decimal(value)).toBe(text);
});

it('keeps every digit that tells a number from its neighbours', () => {
  const number = fc.oneof(
    fc.double({ min: 0.001, max: 9_999_999, noNaN: true }),
    fc.integer({ min: 1, max: 9_999_999_999 }).map((thousandths) => thousandths / 1000),
  );
  fc.assert(
    fc.property(number, (value) => {
      expect(decimal(value)).toBe(Number.isInteger(value) ? `${value}.0` : String(value));
    }),
  );
});
