import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiOf } from '../support/api.js';
import { packArchive } from '../support/archive.js';
import { manifest, writeZip } from '../support/model-archive.js';
import { ours, projectRoot } from '../support/release.js';
import { ServerPlace } from '../support/server.js';

/** Permissions do not hold for root, unless it gives up the right to pass them by. */
const ordinary = process.getuid?.() === 0 ? ['setpriv', '--bounding-set', '-dac_override,-dac_read_search'] : [];

let place: ServerPlace;
let api: ReturnType<typeof apiOf>;

beforeAll(async () => {
  const release = ours();
  place = await ServerPlace.make({ ...release, torchserve: [...ordinary, ...release.torchserve] });
  await packArchive(place.store, { name: 'fine', handler: join(projectRoot, 'test/fixtures/handlers/misbehave.py') });
  await packArchive(place.store, { name: 'cut', handler: join(projectRoot, 'test/fixtures/handlers/misbehave.py') });
  truncateSync(join(place.store, 'cut.mar'), 300);
  writeFileSync(join(place.store, 'text.mar'), 'this is no archive');
  writeZip(join(place.store, 'no-handler.mar'), [
    { name: 'MAR-INF/MANIFEST.json', data: manifest({ modelName: 'no-handler', modelVersion: '1.0' }) },
  ]);
  writeZip(join(place.store, 'absent-handler.mar'), [
    {
      name: 'MAR-INF/MANIFEST.json',
      data: manifest({ modelName: 'absent-handler', modelVersion: '1.0', handler: 'nowhere.py' }),
    },
  ]);
  writeZip(join(place.store, 'broken-manifest.mar'), [{ name: 'MAR-INF/MANIFEST.json', data: '{"model": ' }]);
  mkdirSync(join(place.store, 'closed/MAR-INF'), { recursive: true });
  chmodSync(join(place.store, 'closed'), 0);
  await place.start();
  api = apiOf(place);
  expect((await api.register('url=fine.mar&initial_workers=1')).status).toBe(200);
});
afterAll(async () => {
  chmodSync(join(place.store, 'closed'), 0o700);
  await place.close();
});

describe('an archive that cannot be served', () => {
  it.each([
    ['is not there', 'absent.mar', 404, 'ModelNotFoundException', /^Model not found at: absent\.mar$/],
    ['was cut off', 'cut.mar', 500, 'InternalServerException', /^Failed to save model: cut\.mar/],
    ['is none', 'text.mar', 500, 'InternalServerException', /^Failed to save model: text\.mar/],
    [
      'has a broken manifest',
      'broken-manifest.mar',
      400,
      'InvalidModelException',
      /^Failed to parse signature\.json\./,
    ],
    [
      'names no handler',
      'no-handler.mar',
      500,
      'InternalServerException',
      /^Failed to start workers for model no-handler version: 1\.0$/,
    ],
    [
      'names a handler that it does not have',
      'absent-handler.mar',
      500,
      'InternalServerException',
      /^Failed to start workers for model absent-handler version: 1\.0$/,
    ],
    [
      'is a folder that may not be read',
      'closed',
      500,
      'InternalServerException',
      /^Failed to save model: closed: .*EACCES/,
    ],
  ])('because it %s is refused, and the others are served', async (_name, url, status, type, message) => {
    expect(await api.register(`url=${url}&initial_workers=1&synchronous=true`)).toMatchObject({
      status,
      json: { code: status, type, message: expect.stringMatching(message) },
    });
    expect((await api.predict('fine', 'ok')).status).toBe(200);
  });

  it('says in describe what it lacks', async () => {
    expect((await api.describe('no-handler')).lastError).toMatch(/handler/);
    expect((await api.describe('absent-handler')).lastError).toMatch(/nowhere/);
  });

  it('leaves nothing unpacked when it was refused', async () => {
    const unpacked = execFileSync(
      'find',
      [join(place.folder, 'tmp'), '-path', '*models/*', '-maxdepth', '3', '-mindepth', '3'],
      {
        encoding: 'utf8',
      },
    );
    // Two that are listed with a failed worker, and the one that is fine.
    expect(unpacked.trim().split('\n')).toHaveLength(3);
  });
});

describe('what is not registered', () => {
  it.each([
    ['nothing', 'ModelNotFoundException', 'Model not found: nothing'],
    ['fine/9.9', 'ModelVersionNotFoundException', 'Model version: 9.9 does not exist for model: fine'],
  ])('%s is not found', async (model, type, message) => {
    expect(await api.predict(model, 'x')).toMatchObject({ status: 404, json: { code: 404, type, message } });
  });
});
