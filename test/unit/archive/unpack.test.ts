import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { type ArchiveLimits, ArchiveRefused, defaultLimits } from '../../../src/archive/limits.js';
import { unpack } from '../../../src/archive/unpack.js';
import { modelEntries, rawTar, writeTar, writeZip } from '../../support/model-archive.js';
import { type RawEntry, rawZip } from '../../support/raw-zip.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

let folder: string;
let target: string;

beforeEach(() => {
  folder = temporaryFolder('unpack');
  target = join(folder, 'target');
});

const unpackZip = (entries: readonly RawEntry[], limits: Partial<ArchiveLimits> = {}): Promise<string> =>
  unpack(writeZip(join(folder, 'm.mar'), entries), target, { ...defaultLimits, ...limits });

const unpackTar = (entries: Parameters<typeof rawTar>[0], limits: Partial<ArchiveLimits> = {}): Promise<string> =>
  unpack(writeTar(join(folder, 'm.tar.gz'), entries), target, { ...defaultLimits, ...limits });

/** Everything in the test's folder but the archive and what may be unpacked. */
const strays = (): string[] => readdirSync(folder).filter((name) => !['m.mar', 'm.tar.gz', 'target'].includes(name));

describe('a zip', () => {
  it('is unpacked with its folders, empty files and odd names', async () => {
    await unpackZip([
      ...modelEntries,
      { name: 'pkg/__init__.py', data: '' },
      { name: 'empty/', mode: 0o040755 },
      { name: 'stored.bin', data: Buffer.from([0, 255, 1]), store: true },
      { name: 'grüße/模型.txt', data: 'ü' },
      { name: 'windows\\made.txt', data: 'w' },
    ]);
    expect(readFileSync(join(target, 'MAR-INF/MANIFEST.json'), 'utf8')).toContain('"modelName": "m"');
    expect(statSync(join(target, 'pkg/__init__.py')).size).toBe(0);
    expect(statSync(join(target, 'empty')).isDirectory()).toBe(true);
    expect([...readFileSync(join(target, 'stored.bin'))]).toEqual([0, 255, 1]);
    expect(readFileSync(join(target, 'grüße/模型.txt'), 'utf8')).toBe('ü');
    expect(readFileSync(join(target, 'windows/made.txt'), 'utf8')).toBe('w');
  });

  it('may use zip64 records', async () => {
    await unpackZip(modelEntries.map((entry) => ({ ...entry, zip64: true })));
    expect(existsSync(join(target, 'handler.py'))).toBe(true);
  });

  it('gives files no rights but to be read, and executed where their owner could', async () => {
    await unpackZip([
      { name: 'tool', data: 'x', mode: 0o104755 },
      { name: 'plain', data: 'x', mode: 0o100000 },
    ]);
    expect(statSync(join(target, 'tool')).mode & 0o7777).toBe(0o755);
    expect(statSync(join(target, 'plain')).mode & 0o7777).toBe(0o644);
  });

  it('of a name twice keeps the later', async () => {
    await unpackZip([
      { name: 'a', data: 'first, and longer' },
      { name: 'a', data: 'second' },
    ]);
    expect(readFileSync(join(target, 'a'), 'utf8')).toBe('second');
  });

  it.each(['../evil.py', 'a/../../evil.py', '/tmp/evil.py', '..\\evil.py', 'C:\\evil.py'])(
    'with an entry %j is refused before anything is written',
    async (name) => {
      const refusal = unpackZip([...modelEntries, { name, data: 'x' }]);
      await expect(refusal).rejects.toThrow(ArchiveRefused);
      await expect(refusal).rejects.toThrow(`Detected Zip Slip vulnerability: ${name}`);
      expect(readdirSync(target)).toEqual([]);
      expect(strays()).toEqual([]);
    },
  );

  it.each([
    ['a link', 0o120777],
    ['a character device', 0o020666],
    ['a block device', 0o060666],
    ['a pipe', 0o010644],
    ['a socket', 0o140755],
  ])('with %s is refused', async (_what, mode) => {
    await expect(unpackZip([{ name: 'odd', data: '/etc/passwd', mode }])).rejects.toThrow(
      'its entry odd is a link or a device, where only files and folders may be',
    );
    expect(readdirSync(target)).toEqual([]);
  });

  it('that goes through a link of its own is refused', async () => {
    const entries = [
      { name: 'out', data: folder, mode: 0o120777 },
      { name: 'out/evil.py', data: 'x' },
    ];
    await expect(unpackZip(entries)).rejects.toThrow(ArchiveRefused);
    expect(strays()).toEqual([]);
  });

  it('with an encrypted entry is refused', async () => {
    await expect(unpackZip([{ name: 'secret', data: 'x', flags: 1 }])).rejects.toThrow('its entry secret is encrypted');
  });

  it('with more entries than the limit is refused', async () => {
    const entries = Array.from({ length: 11 }, (_, index) => ({ name: `f${index}`, data: '' }));
    await expect(unpackZip(entries, { entries: 10 })).rejects.toThrow('it has more than 10 entries');
  });

  it('larger than the limit is refused', async () => {
    await expect(unpackZip([{ name: 'big', data: 'x'.repeat(2000) }], { unpackedBytes: 1024 })).rejects.toThrow(
      'it holds more than 1 KiB unpacked',
    );
    expect(readdirSync(target)).toEqual([]);
  });

  it('that is a bomb is refused', async () => {
    const limits = { ratio: 100, ratioFreeBytes: 2 ** 20 };
    await expect(unpackZip([{ name: 'zeros', data: Buffer.alloc(4 * 2 ** 20) }], limits)).rejects.toThrow(
      'it unpacks to more than 100 times its size',
    );
  });

  it('whose entries share their data, as in the worst bombs, is refused', async () => {
    const data = Buffer.alloc(2 ** 20);
    const entries = [
      { name: 'f0', data },
      ...Array.from({ length: 300 }, (_, index) => ({
        name: `f${index + 1}`,
        sharesDataOf: 0,
        claimedSize: data.length,
        claimedCrc: 0,
      })),
    ];
    await expect(unpackZip(entries, { ratioFreeBytes: 2 ** 20 })).rejects.toThrow('times its size');
  });

  it('that holds more than it claims is refused', async () => {
    const lying = unpackZip([{ name: 'big', data: Buffer.alloc(2 ** 20), claimedSize: 10 }]);
    await expect(lying).rejects.toThrow();
    expect(statSync(join(target, 'big')).size).toBeLessThanOrEqual(10);
  });

  it('whose data does not have its checksum is refused', async () => {
    await expect(unpackZip([{ name: 'weights.pt', data: 'x', store: true, claimedCrc: 1 }])).rejects.toThrow(
      'its entry weights.pt is damaged',
    );
  });

  it('that is cut off is refused', async () => {
    const whole = rawZip(modelEntries);
    writeFileSync(join(folder, 'm.mar'), whole.subarray(0, whole.length - 40));
    await expect(unpack(join(folder, 'm.mar'), target, defaultLimits)).rejects.toThrow(/end of central directory/i);
  });

  it('that cannot fit on the disk is refused before it is written', async () => {
    const limits = { unpackedBytes: Number.MAX_SAFE_INTEGER, ratioFreeBytes: Number.MAX_SAFE_INTEGER };
    await expect(unpackZip([{ name: 'x', data: 'x', claimedSize: 2 ** 52, zip64: true }], limits)).rejects.toThrow(
      /it takes 4096 TiB unpacked, and .* has room for/,
    );
  });

  it('stops when told', async () => {
    const aborted = AbortSignal.abort(new Error('enough'));
    writeZip(join(folder, 'm.mar'));
    await expect(unpack(join(folder, 'm.mar'), target, defaultLimits, aborted)).rejects.toThrow('enough');
    expect(readdirSync(target)).toEqual([]);
  });
});

describe('a gzipped tar', () => {
  it.each([
    ['in one root folder', 'm/', 'm'],
    ['in ./', './', ''],
    ['at the top', '', ''],
  ])('with its files %s is unpacked', async (_where, prefix, root) => {
    const found = await unpackTar([
      { path: `${prefix}handler.py`, data: 'x' },
      { path: `${prefix}pkg/__init__.py` },
      { path: `${prefix}MAR-INF/MANIFEST.json`, data: '{}' },
    ]);
    expect(found).toBe(join(target, root));
    expect(readFileSync(join(found, 'handler.py'), 'utf8')).toBe('x');
    expect(readFileSync(join(found, 'MAR-INF/MANIFEST.json'), 'utf8')).toBe('{}');
    expect(statSync(join(found, 'pkg/__init__.py')).size).toBe(0);
  });

  it('keeps a manifest that is alone in it', async () => {
    expect(await unpackTar([{ path: 'MAR-INF/MANIFEST.json', data: '{}' }])).toBe(target);
  });

  it('gives files no rights but to be read, and executed where their owner could', async () => {
    await unpackTar([
      { path: 'a/tool', data: 'x', mode: 0o4755 },
      { path: 'a/plain', data: 'x', mode: 0 },
    ]);
    expect(statSync(join(target, 'a/tool')).mode & 0o7777).toBe(0o755);
    expect(statSync(join(target, 'a/plain')).mode & 0o7777).toBe(0o644);
  });

  it.each(['../evil.py', 'm/../../evil.py', '/tmp/torchbridge-evil.py'])(
    'with an entry %j is refused',
    async (path) => {
      const refusal = unpackTar([
        { path: 'm/handler.py', data: 'x' },
        { path, data: 'x' },
      ]);
      await expect(refusal).rejects.toThrow(`Detected Zip Slip vulnerability: ${path}`);
      await expect(refusal).rejects.toThrow(ArchiveRefused);
      expect(existsSync('/tmp/torchbridge-evil.py')).toBe(false);
      expect(strays()).toEqual([]);
    },
  );

  it.each(['SymbolicLink', 'Link', 'CharacterDevice', 'BlockDevice', 'FIFO'] as const)(
    'with a %s is refused',
    async (type) => {
      const linkpath = type.endsWith('Link') ? { linkpath: '/etc/passwd' } : {};
      await expect(unpackTar([{ path: 'm/odd', type, ...linkpath }])).rejects.toThrow(
        'its entry m/odd is a link or a device, where only files and folders may be',
      );
      expect(existsSync(join(target, 'm/odd'))).toBe(false);
    },
  );

  it('with more entries than the limit is refused', async () => {
    const entries = Array.from({ length: 11 }, (_, index) => ({ path: `m/f${index}` }));
    await expect(unpackTar(entries, { entries: 10 })).rejects.toThrow('it has more than 10 entries');
  });

  it('larger than the limit is refused', async () => {
    await expect(unpackTar([{ path: 'm/big', data: 'x'.repeat(4096) }], { unpackedBytes: 1024 })).rejects.toThrow(
      'it holds more than 1 KiB unpacked',
    );
  });

  it('that is a bomb is refused as soon as it shows', async () => {
    const bomb = [{ path: 'm/zeros', data: '\0'.repeat(16 * 2 ** 20) }];
    await expect(unpackTar(bomb, { ratio: 100, ratioFreeBytes: 2 ** 20 })).rejects.toThrow('100 times its size');
  });

  it('that is cut off is refused', async () => {
    const whole = gzipSync(rawTar([{ path: 'm/a', data: 'x'.repeat(100_000) }]), { level: 0 });
    writeFileSync(join(folder, 'm.tar.gz'), whole.subarray(0, 50_000));
    await expect(unpack(join(folder, 'm.tar.gz'), target, defaultLimits)).rejects.toThrow('unexpected end of file');
  });

  it('whose tar is cut off is refused', async () => {
    const whole = rawTar([{ path: 'm/a', data: 'x'.repeat(100_000) }]);
    writeFileSync(join(folder, 'm.tar.gz'), gzipSync(whole.subarray(0, 50_000)));
    await expect(unpack(join(folder, 'm.tar.gz'), target, defaultLimits)).rejects.toThrow('Truncated input');
  });

  it('that holds no tar is refused', async () => {
    writeFileSync(join(folder, 'm.tar.gz'), gzipSync('hello '.repeat(500)));
    await expect(unpack(join(folder, 'm.tar.gz'), target, defaultLimits)).rejects.toThrow();
  });
});

describe('what is no archive', () => {
  it.each([
    ['text', 'hello'],
    ['nothing', ''],
    ['a bare tar', rawTar([{ path: 'a', data: 'x' }])],
  ])('but %s is refused', async (_what, bytes) => {
    writeFileSync(join(folder, 'm.mar'), bytes);
    const refusal = unpack(join(folder, 'm.mar'), target, defaultLimits);
    await expect(refusal).rejects.toThrow('it is neither a zip archive (.mar, .war) nor a gzipped tar (.tar.gz)');
  });

  it('is told by its bytes and not by its name', async () => {
    const tar = writeTar(join(folder, 'm.mar'), [{ path: 'm/handler.py', data: 'x' }]);
    expect(readdirSync(await unpack(tar, target, defaultLimits))).toEqual(['handler.py']);
  });
});
