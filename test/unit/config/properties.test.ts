import { describe, expect, test } from 'vitest';
import { formatProperties, parseProperties } from '../../../src/config/properties.js';

const parse = (text: string) => parseProperties(Buffer.from(text, 'latin1'), 'config.properties');
const pairs = (text: string) => parse(text).map(({ key, value }) => [key, value]);

describe('parseProperties', () => {
  test.each([
    ['a=1', 'a', '1'],
    ['a:1', 'a', '1'],
    ['a 1', 'a', '1'],
    ['  a  =  1', 'a', '1'],
    ['a\t:\t1', 'a', '1'],
    ['a', 'a', ''],
    ['a=', 'a', ''],
    ['a==1', 'a', '=1'],
    ['a = b = c', 'a', 'b = c'],
    ['a\\=b=c', 'a=b', 'c'],
    ['a\\ b c', 'a b', 'c'],
    ['a=1 ', 'a', '1 '],
    ['path=C:\\\\models', 'path', 'C:\\models'],
    ['a=\\u00e9\\t\\q', 'a', 'é\tq'],
    ['a=caf\xe9', 'a', 'café'],
    ['=x', '', 'x'],
  ])('%j', (line, key, value) => {
    expect(pairs(line)).toEqual([[key, value]]);
  });

  test('comments and blank lines say nothing, a hash inside a value does', () => {
    expect(pairs('# one\n  ! two\n\n \t\na=#1\n')).toEqual([['a', '#1']]);
  });

  test('a backslash continues a line, two do not, and every line ending counts', () => {
    expect(pairs('a=1,\\\n   2,\\\r\n\t3\rb=4\\\\\nc=5')).toEqual([
      ['a', '1,2,3'],
      ['b', '4\\'],
      ['c', '5'],
    ]);
  });

  test('a comment is never continued', () => {
    expect(pairs('# one\\\na=1')).toEqual([['a', '1']]);
  });

  test('lines are counted where an entry begins', () => {
    expect(parse('#\na=1\\\n2\n\nb=3').map(({ key, line }) => [key, line])).toEqual([
      ['a', 2],
      ['b', 5],
    ]);
  });

  test('a broken escape is refused with its place', () => {
    expect(() => parse('a=1\nb=\\u12')).toThrow('config.properties, line 2: \\u takes four hexadecimal digits.');
  });

  test('what is written is read back', () => {
    const entries = [
      ['plain', 'value'],
      ['a key', ' leading and trailing '],
      ['json', '{\n  "a": "b\\\\c"\n}'],
      ['odd', '#!=:\té\u4e2d'],
    ] as const;
    expect(pairs(formatProperties(entries, ['Saved']))).toEqual(entries);
  });
});
