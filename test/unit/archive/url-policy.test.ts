import { describe, expect, it } from 'vitest';
import { checkPlain, fileNameOf, isAllowed, isFetched, isFolderAllowed } from '../../../src/archive/url-policy.js';

describe('allowed_urls', () => {
  it('match whole urls, case aside, however they are written', () => {
    const patterns = [/https:\/\/models\.example\.com\/.*/];
    expect(isAllowed('https://models.example.com/a.mar', patterns)).toBe(true);
    expect(isAllowed('HTTPS://Models.example.com/a.mar', patterns)).toBe(true);
    expect(isAllowed('https://evil.com/?https://models.example.com/a.mar', patterns)).toBe(false);
    expect(isAllowed('http://models.example.com/a.mar', patterns)).toBe(false);
    expect(isAllowed('abc', [/a|abc/])).toBe(true);
    expect(isAllowed('abc', [/^abc$/gi])).toBe(true);
    expect(isAllowed('abc', [])).toBe(false);
  });

  it('cover folders as file:// urls or as paths', () => {
    expect(isFolderAllowed('/models/a', [/file:\/\/\/models\/.*/])).toBe(true);
    expect(isFolderAllowed('/models/a', [/\/models\/.*/])).toBe(true);
    expect(isFolderAllowed('/other/a', [/file:\/\/\/models\/.*/])).toBe(false);
  });
});

describe('a url', () => {
  it('is fetched only by the schemes of TorchServe', () => {
    expect(['http://a', 'HTTPS://a', 'file:///a', 's3://a', 'ftp://a', 'a.mar', '/a/http://b'].map(isFetched)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
  });

  it.each([
    ['http://host/a/b.mar?sig=1/2', 'b.mar'],
    ['http://host/a/b.mar#x', 'b.mar'],
    ['http://host', ''],
    ['http://host/', ''],
    ['http://', ''],
    ['file:///a/b.tar.gz', 'b.tar.gz'],
    ['b.mar', 'b.mar'],
    ['/x/y/b.mar', 'b.mar'],
    ['folder/', 'folder'],
    ['ftp://h/b.mar', 'b.mar'],
    ['/', ''],
    ['.', ''],
  ])('%s has the file name %j', (url, name) => {
    expect(fileNameOf(url)).toBe(name);
  });

  it('must not be empty', () => {
    expect(() => checkPlain('')).toThrow(expect.objectContaining({ status: 404, message: 'empty url' }));
  });

  it.each([
    '../m.mar',
    'a..b',
    'http://h/../m.mar',
    'file:///a/%2e%2e/m.mar',
    'file:///a/.%2E/m.mar',
    'file:///a/%252e%252e/m.mar',
    'file:///%zz/%2e%2e/m.mar',
  ])('must not climb: %s', (url) => {
    expect(() => checkPlain(url)).toThrow(
      expect.objectContaining({ status: 404, message: `Relative path is not allowed in url: ${url}` }),
    );
  });

  it.each(['file:///a/.\t./m.mar', 'http://a\\@b/m.mar', 'm\0.mar', 'm\n.mar'])(
    'must not be read in two ways: %j',
    (url) => {
      expect(() => checkPlain(url)).toThrow(`Model not found at: ${url}`);
    },
  );
});
