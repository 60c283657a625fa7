import { describe, expect, it } from 'vitest';
import { entryPath, printable } from '../../../src/archive/entry-path.js';

describe('the path of an entry', () => {
  it.each([
    ['handler.py', 'handler.py'],
    ['./a//b/./c.txt', 'a/b/c.txt'],
    ['a\\b\\c.txt', 'a/b/c.txt'],
    ['folder/', 'folder'],
    ['./', ''],
    ['..name/a..b', '..name/a..b'],
  ])('of %j is %j', (name, path) => {
    expect(entryPath(name)).toBe(path);
  });

  it.each([
    '../evil',
    'a/../../evil',
    '..',
    '..\\evil',
    '/etc/passwd',
    '\\\\host\\share',
    'C:\\evil',
    'c:evil',
    'a\0b',
  ])('refuses %j', (name) => {
    expect(() => entryPath(name)).toThrow(`Detected Zip Slip vulnerability: ${printable(name)}`);
  });
});

describe('a name in a message', () => {
  it('has no control characters and an end', () => {
    expect(printable('a\u001b[31m\nb')).toBe('a?[31m?b');
    expect(printable('x'.repeat(500))).toHaveLength(201);
  });
});
