import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiOf } from '../support/api.js';
import { packArchive } from '../support/archive.js';
import { projectRoot } from '../support/release.js';
import { ServerPlace } from '../support/server.js';

const handlers = join(projectRoot, 'test/fixtures/handlers');
let place: ServerPlace;
let api: ReturnType<typeof apiOf>;

beforeAll(async () => {
  place = await ServerPlace.make();
  for (const name of [
    'misbehave',
    'bad_import',
    'bad_initialize',
    'exits_at_load',
    'hangs_at_load',
    'memory_at_load',
  ]) {
    await packArchive(place.store, { name, handler: join(handlers, `${name}.py`) });
  }
  await place.start();
  api = apiOf(place);
  expect((await api.register('url=misbehave.mar&initial_workers=1&response_timeout=2')).status).toBe(200);
});
afterAll(async () => {
  await place.close();
});

/** Whatever a model does, the others are served. */
async function expectOthersServed(): Promise<void> {
  await expect.poll(async () => (await api.predict('misbehave', 'ok')).status, { timeout: 20_000 }).toBe(200);
}

describe('a handler that does not load', () => {
  it.each([
    ['bad_import', 500, "ModuleNotFoundError: No module named 'a_module_that_is_nowhere'"],
    ['bad_initialize', 500, 'ValueError: the weights are for another model'],
    ['exits_at_load', 500, 'the process exited with status 7'],
    ['memory_at_load', 507, 'MemoryError'],
  ])('%s is answered %i, and describe says why', async (name, status, lastError) => {
    expect(await api.register(`url=${name}.mar&initial_workers=1&synchronous=true`)).toMatchObject({
      status,
      json: {
        code: status,
        type: 'InternalServerException',
        message: `Failed to start workers for model ${name} version: 1.0`,
      },
    });
    expect((await api.describe(name)).lastError).toBe(lastError);
    expect((await api.list()).json.models.map(({ modelName }: { modelName: string }) => modelName)).toContain(name);
    await expectOthersServed();
  });

  it('leaves its whole traceback in the model log', () => {
    expect(place.log()).toContain('import a_module_that_is_nowhere');
    expect(place.log()).toContain("ModuleNotFoundError: No module named 'a_module_that_is_nowhere'");
  });

  it('that takes too long is ended after the startup timeout', async () => {
    const began = Date.now();
    expect((await api.register('url=hangs_at_load.mar&initial_workers=1&startup_timeout=2')).status).toBe(500);
    expect(Date.now() - began).toBeLessThan(15_000);
    expect((await api.describe('hangs_at_load')).lastError).toBe('not ready within the startup timeout of 2 s');
    await expectOthersServed();
  });

  it('can be taken away while it is being tried again', async () => {
    expect((await api.unregister('bad_import')).status).toBe(200);
    expect(await api.describe('bad_import')).toBeUndefined();
  });
});

describe('a model that is fine', () => {
  it('shows no lastError', async () => {
    expect(await api.describe('misbehave')).not.toHaveProperty('lastError');
  });
});

describe('a handler that misbehaves', () => {
  it.each([
    ['returns too few items', 'short', 503, 'number of batch response mismatched'],
    ['returns what cannot be serialised', 'object', 503, 'Unsupported model output data type.'],
    ['ends its process', 'exit 3', 500, 'Worker died.'],
    ['calls sys.exit', 'sysexit 4', 500, 'Worker died.'],
    ['crashes in native code', 'crash', 500, 'Worker died.'],
    ['does not answer in time', 'sleep 30', 500, 'Worker died.'],
  ])('and %s is answered as recorded, and serves again by itself', async (_name, body, status, message) => {
    expect(await api.predict('misbehave', body)).toMatchObject({
      status,
      json: { code: status, type: 'InternalServerException', message },
    });
    await expectOthersServed();
  });
});

describe('what a worker prints', () => {
  it('is logged line by line, from Python and from native code', async () => {
    await api.predict('misbehave', 'print a line from python');
    await api.predict('misbehave', 'native a line from below');
    await expect.poll(() => place.log()).toMatch(/W-\d+-misbehave_1\.0-stdout .*a line from python/);
    expect(place.log()).toMatch(/W-\d+-misbehave_1\.0-stderr .*a line from python/);
    await expect.poll(() => place.log()).toMatch(/W-\d+-misbehave_1\.0-stderr .*a line from below/);
  });
});

describe('a caller that hangs up', () => {
  it('is noticed by the handler', async () => {
    const told = join(place.folder, 'told');
    const hangUp = AbortSignal.timeout(500);
    await expect(api.predict('misbehave', `wait-for-cancel ${told}`, { signal: hangUp })).rejects.toThrow();
    await expect.poll(() => readFileSync(told, { encoding: 'utf8', flag: 'a+' }), { timeout: 5000 }).toBe('cancelled');
  });
});
