import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { list } from 'tar';
import { beforeEach, describe, expect, it } from 'vitest';
import { openPromise } from 'yauzl';
import { defaultLimits } from '../../../src/archive/limits.js';
import { type ArchiveFormat, inOrder, pack } from '../../../src/archive/pack.js';
import type { PackedFile } from '../../../src/archive/packed-file.js';
import { unpack } from '../../../src/archive/unpack.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const time = new Date('2001-02-03T04:05:06Z');
const archives: readonly ArchiveFormat[] = ['default', 'zip-store', 'tgz'];

let folder: string;

beforeEach(() => {
  folder = temporaryFolder('pack');
});

/** A few files on disk and one in memory. */
function files(where = folder): PackedFile[] {
  mkdirSync(join(where, 'pkg'), { recursive: true });
  writeFileSync(join(where, 'b.py'), 'print("b")\n'.repeat(100));
  writeFileSync(join(where, 'pkg/__init__.py'), '');
  writeFileSync(join(where, 'tool'), '#!/bin/sh\n');
  chmodSync(join(where, 'tool'), 0o750);
  return [
    { name: 'b.py', source: join(where, 'b.py') },
    { name: 'pkg/__init__.py', source: join(where, 'pkg/__init__.py') },
    { name: 'tool', source: join(where, 'tool') },
    { name: 'grüße.txt', source: Buffer.from('ü') },
    { name: 'MAR-INF/MANIFEST.json', source: Buffer.from('{}') },
  ];
}

async function packed(format: ArchiveFormat, given: readonly PackedFile[], name = 'm'): Promise<string> {
  const target = join(folder, name);
  await pack({ format, target, root: 'm', files: given, time });
  return target;
}

async function zipEntries(path: string) {
  const zip = await openPromise(path);
  const entries = [];
  for await (const entry of zip.eachEntry()) entries.push(entry);
  return entries;
}

describe.each(archives)('an archive of format %s', (format) => {
  it('unpacks to the same files', async () => {
    const target = join(folder, 'unpacked');
    const root = await unpack(await packed(format, files()), target, defaultLimits);
    expect(readdirSync(root).sort()).toEqual(['MAR-INF', 'b.py', 'grüße.txt', 'pkg', 'tool']);
    expect(readFileSync(join(root, 'b.py'))).toEqual(readFileSync(join(folder, 'b.py')));
    expect(statSync(join(root, 'pkg/__init__.py')).size).toBe(0);
    expect(statSync(join(root, 'tool')).mode & 0o777).toBe(0o755);
    expect(statSync(join(root, 'b.py')).mode & 0o777).toBe(0o644);
    expect(readFileSync(join(root, 'grüße.txt'), 'utf8')).toBe('ü');
  });

  it('is the same from the same input, whenever and wherever it lies', async () => {
    const first = readFileSync(await packed(format, files(), 'first'));
    const elsewhere = join(folder, 'elsewhere');
    mkdirSync(elsewhere);
    const copies = files(elsewhere);
    utimesSync(join(elsewhere, 'b.py'), 1, 1);
    chmodSync(join(elsewhere, 'b.py'), 0o600);
    const before = process.env['TZ'];
    process.env['TZ'] = 'Pacific/Auckland';
    try {
      expect(readFileSync(await packed(format, copies, 'second')).equals(first)).toBe(true);
    } finally {
      if (before === undefined) delete process.env['TZ'];
      else process.env['TZ'] = before;
    }
  });

  it('replaces the one that was there, and leaves nothing else', async () => {
    writeFileSync(join(folder, 'm'), 'old');
    const given = files();
    await packed(format, given);
    expect(readFileSync(join(folder, 'm'), 'latin1')).not.toBe('old');
    expect(readdirSync(folder).sort()).toEqual(['b.py', 'm', 'pkg', 'tool']);
  });

  it('is not there when a file cannot be read', async () => {
    const given = [...files(), { name: 'x', source: join(folder, 'absent') }];
    await expect(packed(format, given)).rejects.toThrow('ENOENT');
    expect(readdirSync(folder).sort()).toEqual(['b.py', 'pkg', 'tool']);
  });

  it('is made of large files without holding them', async () => {
    writeFileSync(join(folder, 'weights'), '');
    truncateSync(join(folder, 'weights'), 96 * 2 ** 20);
    const before = process.memoryUsage.rss();
    let most = before;
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage.rss());
    }, 20);
    await packed(format, [{ name: 'weights', source: join(folder, 'weights') }]);
    clearInterval(watch);
    expect(most - before).toBeLessThan(64 * 2 ** 20);
  }, 60_000);
});

describe('a zip', () => {
  it('has the entries in order, all of one time, without folders', async () => {
    const entries = await zipEntries(await packed('default', files()));
    expect(entries.map(({ fileName }) => fileName)).toEqual(files().map(({ name }) => name));
    expect(new Set(entries.map((entry) => entry.getLastModDate({ timezone: 'UTC' }).toISOString()))).toEqual(
      new Set(['2001-02-03T04:05:06.000Z']),
    );
    expect(entries.map((entry) => entry.compressionMethod)).toEqual([8, 8, 8, 8, 8]);
  });

  it('that is stored has checksum and sizes before each file, where those who read from front to back look', async () => {
    const path = await packed('zip-store', files());
    const bytes = readFileSync(path);
    for (const entry of await zipEntries(path)) {
      expect(entry.compressionMethod).toBe(0);
      expect(entry.generalPurposeBitFlag & 8).toBe(0);
      const at = entry.relativeOffsetOfLocalHeader;
      expect(bytes.toString('latin1', at, at + 4)).toBe('PK\x03\x04');
      expect(bytes.readUInt16LE(at + 6) & 8).toBe(0);
      expect(bytes.readUInt32LE(at + 14)).toBe(entry.crc32);
      expect(bytes.readUInt32LE(at + 22)).toBe(entry.uncompressedSize);
    }
  });
});

describe('a tgz', () => {
  it('has everything in one root folder, owned by nobody, all of one time', async () => {
    const entries: { path: string; mtime: string | undefined; uid: number | undefined }[] = [];
    await list({
      file: await packed('tgz', files()),
      onReadEntry: ({ path, mtime, uid }) => entries.push({ path, mtime: mtime?.toISOString(), uid }),
    });
    expect(entries.map(({ path }) => path)).toEqual(files().map(({ name }) => `m/${name}`));
    expect(new Set(entries.map(({ mtime }) => mtime))).toEqual(new Set([time.toISOString()]));
    expect(new Set(entries.map(({ uid }) => uid))).toEqual(new Set([0]));
  });

  it('has no time of its own', async () => {
    const bytes = readFileSync(await packed('tgz', files()));
    expect(bytes.readUInt32LE(4)).toBe(0);
    expect(gunzipSync(bytes).toString('latin1')).toContain('m/MAR-INF/MANIFEST.json');
  });
});

describe('a folder', () => {
  it('comes into being with its files', async () => {
    const path = await packed('no-archive', files());
    expect(readdirSync(path).sort()).toEqual(['MAR-INF', 'b.py', 'grüße.txt', 'pkg', 'tool']);
    expect(statSync(join(path, 'tool')).mode & 0o100).toBe(0o100);
  });

  it('that exists is merged into', async () => {
    mkdirSync(join(folder, 'm/pkg'), { recursive: true });
    writeFileSync(join(folder, 'm/stale'), 'stays');
    writeFileSync(join(folder, 'm/b.py'), 'goes');
    const path = await packed('no-archive', files());
    expect(readFileSync(join(path, 'stale'), 'utf8')).toBe('stays');
    expect(readFileSync(join(path, 'b.py'), 'utf8')).toContain('print');
  });

  it('may be packed into itself', async () => {
    mkdirSync(join(folder, 'm'));
    const own = files(join(folder, 'm'));
    const before = readFileSync(join(folder, 'm/b.py'), 'utf8');
    await packed('no-archive', own);
    expect(readFileSync(join(folder, 'm/b.py'), 'utf8')).toBe(before);
  });
});

describe('the order of files', () => {
  it('is that of the bytes of their names', () => {
    const names = ['b', 'a/z', 'a', 'Z', 'é', 'a.b', '_'];
    expect(inOrder(names.map((name) => ({ name, source: '' }))).map(({ name }) => name)).toEqual([
      'Z',
      '_',
      'a',
      'a.b',
      'a/z',
      'b',
      'é',
    ]);
  });
});
