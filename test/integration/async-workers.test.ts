import { writeFileSync } from 'node:fs';
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
  const configFile = join(place.folder, 'engine.yaml');
  writeFileSync(configFile, 'asyncCommunication: true\nminWorkers: 1\nmaxWorkers: 1\nresponseTimeout: 2\n');
  await packArchive(place.store, {
    name: 'engine',
    handler: join(handlers, 'fake_vllm.py'),
    extraFiles: [join(handlers, 'fake_vllm_engine.py')],
    configFile,
  });
  await place.start();
  api = apiOf(place);
  expect((await api.register('url=engine.mar')).status).toBe(200);
});
afterAll(async () => {
  await place.close();
});

function ask(body: object, init: RequestInit = {}): Promise<Response> {
  return fetch(`${place.inference}/predictions/engine`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/octet-stream' },
    ...init,
  });
}
const told = async () => (await (await ask({ tell: true })).json()) as { running: number; aborted: string[] };

describe('an engine that batches itself', () => {
  it('has many requests at a time, and answers each when it is done', async () => {
    const long = ask({ prompt: 'l', pieces: 300 });
    const streams = [1, 2, 3, 4].map((pieces) => ask({ prompt: 'p', pieces }));
    const texts = await Promise.all(streams.map(async (stream) => (await stream).text()));
    expect(texts).toEqual(['p0 ', 'p0 p1 ', 'p0 p1 p2 ', 'p0 p1 p2 p3 ']);
    expect((await told()).running).toBe(1);
    expect((await (await long).text()).split(' ').length).toBe(301);
  });

  it('may take longer than the response timeout while pieces come', async () => {
    const text = await (await ask({ prompt: 'x', pieces: 300 })).text();
    expect(text.endsWith('x299 ')).toBe(true);
  });

  it('is told when a client leaves', async () => {
    const leaving = new AbortController();
    const response = await ask({ prompt: 'x', pieces: 100_000 }, { signal: leaving.signal });
    const id = response.headers.get('x-request-id');
    leaving.abort();
    await response.text().catch(() => {});
    await expect.poll(told).toMatchObject({ running: 0, aborted: [id] });
  });

  it('fails a request by itself', async () => {
    const good = ask({ prompt: 'x', pieces: 50 });
    expect((await ask({ pieces: 'none' })).status).toBe(503);
    expect((await good).status).toBe(200);
  });

  it('that hangs is given up: its requests are answered, and the worker comes back', async () => {
    const hung = await ask({ hang: true });
    expect(hung.status).toBe(500);
    expect(await hung.json()).toMatchObject({ message: 'The worker did not answer within 2 s (responseTimeout).' });
    const caught = await ask({ tell: true });
    if (caught.status !== 200) expect(await caught.json()).toMatchObject({ code: 500 });
    await expect.poll(async () => (await ask({ prompt: 'x', pieces: 1 })).text(), { timeout: 20_000 }).toBe('x0 ');
    expect((await api.describe('engine')).workers[0].status).toBe('READY');
  });
});
