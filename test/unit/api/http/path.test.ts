import { describe, expect, test } from 'vitest';
import { canonicalPath } from '../../../../src/api/http/path.js';
import { ServingError } from '../../../../src/errors/serving-error.js';

describe('canonicalPath', () => {
  test.each([
    ['/', '/'],
    ['/ping', '/ping'],
    ['/ping/', '/ping'],
    ['/ping///', '/ping'],
    ['//', '/'],
    ['/ping?a=b/c', '/ping'],
    ['/ping#x', '/ping'],
    ['/ping/?x', '/ping'],
    ['/predictions//m', '/predictions//m'],
    ['/predictions/a%2Fb', '/predictions/a/b'],
    ['/predictions/a%2F', '/predictions/a'],
    ['/%70ing', '/ping'],
    ['/a+b', '/a+b'],
    ['/a+b/%2B', '/a%2Bb/%2B'],
    ['/a;b', '/a;b'],
    ['/a%20b%3F', '/a%20b%3F'],
    ['/%E6%BC%A2', '/%E6%BC%A2'],
    ['/a%00b', '/a%00b'],
    ['/%FF', '/%EF%BF%BD'],
    ['/%25', '/%25'],
  ])('%s is looked up as %s', (target, path) => {
    expect(canonicalPath(target)).toBe(path);
  });

  test.each(['*', 'ping', '', '?x', 'http://host/ping'])('%s is no path', (target) => {
    expect(canonicalPath(target)).toBeNull();
  });

  test.each([
    ['/a%zz', "invalid hex byte 'zz' at index 3 of '/a%zz'"],
    ['/a%4', 'unterminated escape sequence at index 2 of: /a%4'],
    ['/a%', 'unterminated escape sequence at index 2 of: /a%'],
    ['/%41%4g?x', "invalid hex byte '4g' at index 5 of '/%41%4g?x'"],
  ])('%s is refused', (target, message) => {
    expect(() => canonicalPath(target)).toThrow(new ServingError('illegalArgument', message));
  });

  test('an escape in the query is not its business', () => {
    expect(canonicalPath('/ping?%zz')).toBe('/ping');
  });
});
