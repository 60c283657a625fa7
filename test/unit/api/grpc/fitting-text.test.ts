import { expect, it } from 'vitest';
import { fittingText } from '../../../../src/api/grpc/fitting-text.js';

it.each([
  ['what fits', 'as it is', 'as it is'],
  ['just fits', '1234567890123456', '1234567890123456'],
  ['one character too many', '12345678901234567', '1234567…'],
  ['what grows', 'aäöü', 'aä…', 18],
  ['a pair that would be cut', 'a😀😀', 'a😀…', 22],
  ['half of a pair', 'a\ud83d', 'a\ufffd'],
])('keeps of %s what there is room for', (_, text, kept, room = 16) => {
  expect(fittingText(text as string, room as number)).toBe(kept);
  expect(encodeURI(fittingText(text as string, room as number)).length).toBeLessThanOrEqual(room as number);
});
