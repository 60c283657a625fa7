import { expect, test } from 'vitest';
import { hugeCode } from '../../../src/cli/huge-code.js';

test('the server asks for huge pages for its code', () => {
  expect(hugeCode()).toEqual(['--use-largepages=silent']);
  expect(hugeCode('--max-old-space-size=512')).toEqual(['--use-largepages=silent']);
});

test('but not where NODE_OPTIONS says what to do', () => {
  expect(hugeCode('--enable-source-maps --use-largepages=off')).toEqual([]);
});
