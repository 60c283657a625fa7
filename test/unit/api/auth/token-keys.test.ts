import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TokenKeys } from '../../../../src/api/auth/token-keys.js';
import { StartupError } from '../../../../src/errors/startup-error.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tb-keys-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

type KeyFile = Record<'management' | 'inference' | 'API', { key: string; 'expiration time'?: string }>;
const read = () => JSON.parse(readFileSync(join(folder, 'key_file.json'), 'utf8')) as KeyFile;

describe('the key file', () => {
  test('three keys of eight characters, two of which expire', async () => {
    await TokenKeys.create(folder, 1.5, () => 0);
    const text = readFileSync(join(folder, 'key_file.json'), 'utf8');
    const key = expect.stringMatching(/^[\w-]{8}$/);
    expect(JSON.parse(text)).toEqual({
      management: { key, 'expiration time': '1970-01-01T00:01:30.000Z' },
      inference: { key, 'expiration time': '1970-01-01T00:01:30.000Z' },
      API: { key },
    });
    expect(Object.keys(JSON.parse(text))).toEqual(['management', 'inference', 'API']);
    expect(text).toMatch(/^\{\n {2}"management": \{\n {4}"key"/);
    expect(text.endsWith('}')).toBe(true);
  });

  test('only its owner may read it, whatever stood there before', async () => {
    writeFileSync(join(folder, 'key_file.json'), 'old', { mode: 0o666 });
    chmodSync(join(folder, 'key_file.json'), 0o666);
    const keys = await TokenKeys.create(folder, 60);
    expect(statSync(keys.file).mode & 0o777).toBe(0o600);
    await keys.rotate('inference', `Bearer ${read().API.key}`);
    expect(statSync(keys.file).mode & 0o777).toBe(0o600);
  });

  test('a folder that cannot be written to stops the start', async () => {
    const failure = TokenKeys.create(join(folder, 'none'), 60);
    await expect(failure).rejects.toThrow(StartupError);
    await expect(failure).rejects.toThrow(/Cannot write the token file .*key_file\.json/);
  });
});

describe('who is let in', () => {
  test('each scope by its own key alone', async () => {
    const keys = await TokenKeys.create(folder, 60);
    const { inference, management, API } = read();
    expect(keys.accepts('inference', `Bearer ${inference.key}`)).toBe(true);
    expect(keys.accepts('inference', `Bearer   ${inference.key}`)).toBe(true);
    expect(keys.accepts('inference', `Bearer ${management.key}`)).toBe(false);
    expect(keys.accepts('inference', `Bearer ${API.key}`)).toBe(false);
    expect(keys.accepts('management', `Bearer ${management.key}`)).toBe(true);
  });

  test('nobody with a malformed header', async () => {
    const keys = await TokenKeys.create(folder, 60);
    const { key } = read().inference;
    for (const header of [
      undefined,
      '',
      key,
      `bearer ${key}`,
      `Basic ${key}`,
      `Bearer${key}`,
      `Bearer ${key} `,
      'Bearer ',
      `Bearer ${key}x`,
    ]) {
      expect(keys.accepts('inference', header), header).toBe(false);
    }
  });

  test('nobody after the expiry', async () => {
    let now = 0;
    const keys = await TokenKeys.create(folder, 1, () => now);
    const header = `Bearer ${read().inference.key}`;
    now = 59_999;
    expect(keys.accepts('inference', header)).toBe(true);
    now = 60_000;
    expect(keys.accepts('inference', header)).toBe(false);
  });
});

describe('rotation', () => {
  test('replaces one key; the old one is dead at once', async () => {
    let now = 0;
    const keys = await TokenKeys.create(folder, 1, () => now);
    const before = read();
    now = 1000;
    expect(await keys.rotate('inference', `Bearer ${before.API.key}`)).toBe(true);
    const after = read();
    expect(after.inference).not.toEqual(before.inference);
    expect(after.inference['expiration time']).toBe('1970-01-01T00:01:01.000Z');
    expect([after.management, after.API]).toEqual([before.management, before.API]);
    expect(keys.accepts('inference', `Bearer ${before.inference.key}`)).toBe(false);
    expect(keys.accepts('inference', `Bearer ${after.inference.key}`)).toBe(true);
  });

  test('never for a wrong key or another type', async () => {
    const keys = await TokenKeys.create(folder, 60);
    const before = read();
    expect(await keys.rotate('inference', `Bearer ${before.management.key}`)).toBe(false);
    for (const type of [undefined, '', 'API', 'Inference', '__proto__']) {
      expect(await keys.rotate(type, `Bearer ${before.API.key}`)).toBe(false);
    }
    expect(read()).toEqual(before);
  });

  test('the old key lives on where the file cannot be written', async () => {
    const keys = await TokenKeys.create(folder, 60);
    const before = read();
    rmSync(folder, { recursive: true });
    expect(await keys.rotate('inference', `Bearer ${before.API.key}`)).toBe(false);
    expect(keys.accepts('inference', `Bearer ${before.inference.key}`)).toBe(true);
    folder = mkdtempSync(join(tmpdir(), 'tb-keys-'));
  });

  test('many at once leave one file that holds', async () => {
    const keys = await TokenKeys.create(folder, 60);
    const header = `Bearer ${read().API.key}`;
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => keys.rotate(index % 2 ? 'inference' : 'management', header)),
    );
    expect(keys.accepts('inference', `Bearer ${read().inference.key}`)).toBe(true);
    expect(keys.accepts('management', `Bearer ${read().management.key}`)).toBe(true);
  });
});
