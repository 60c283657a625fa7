import { expect, test } from 'vitest';
import { hugePages } from '../../../src/workers/huge-pages.js';

test('huge pages are asked for where the kernel gives them to who asks', () => {
  expect(hugePages({}, 'always [madvise] never\n')).toEqual({ THP_MEM_ALLOC_ENABLE: '1' });
  expect(hugePages({}, '[always] madvise never\n')).toEqual({});
  expect(hugePages({}, 'always madvise [never]\n')).toEqual({});
  expect(hugePages({}, '')).toEqual({});
});

test('what the user has set stays', () => {
  expect(hugePages({ THP_MEM_ALLOC_ENABLE: '0' }, 'always [madvise] never\n')).toEqual({});
});
