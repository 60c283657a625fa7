import { expect, it } from 'vitest';
import { decimal } from '../../../../src/observability/metrics/decimal.js';

it.each([
  [1, '1.0'],
  [0, '0.0'],
  [0.04, '0.04'],
  [0.00001, '1.0E-5'],
  [123456789, '1.23456789E8'],
  [9999999.5, '9999999.5'],
  [10_000_000, '1.0E7'],
  [-2.5, '-2.5'],
  [Number.NaN, 'NaN'],
  [Number.NEGATIVE_INFINITY, '-Infinity'],
])('%d reads %s', (value, text) => {
  expect(decimal(value)).toBe(text);
});
