import { describe, expect, test } from 'vitest';
import { Query } from '../../../../src/api/codec/query.js';

describe('Query', () => {
  test.each([
    ['/x', []],
    ['/x?', []],
    [
      '/x?a=1&b=2;c=3',
      [
        ['a', '1'],
        ['b', '2'],
        ['c', '3'],
      ],
    ],
    ['/x?a+b=c+d', [['a b', 'c d']]],
    ['/x?a=%2B%26', [['a', '+&']]],
    ['/x?a', [['a', '']]],
    ['/x?a=', [['a', '']]],
    ['/x?a==b', [['a', '=b']]],
    ['/x?&&a=1;;', [['a', '1']]],
    ['/x?a=1#b=2', [['a', '1']]],
    ['/x?a=%E6%BC%A2', [['a', '漢']]],
    ['/x?__proto__=1', [['__proto__', '1']]],
  ])('%s', (target, pairs) => {
    expect(Query.of(target).pairs).toEqual(pairs);
  });

  test('the first value of a name counts', () => {
    const query = Query.of('/x?a=1&a=2&b=3');
    expect(query.get('a')).toBe('1');
    expect(query.getAll('a')).toEqual(['1', '2']);
    expect({ ...query.toObject() }).toEqual({ a: '1', b: '3' });
  });

  test('a malformed escape is refused with its place in the whole target', () => {
    expect(() => Query.of('/x?a=%zz')).toThrow("invalid hex byte 'zz' at index 6 of '/x?a=%zz'");
    expect(() => Query.of('/x?a=%4&b=2')).toThrow('unterminated escape sequence at index 5 of: /x?a=%4&b=2');
  });
});
