import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiOf } from '../support/api.js';
import { packArchive } from '../support/archive.js';
import { processesLeft } from '../support/processes.js';
import { ServerPlace } from '../support/server.js';

/** Keys and variables that change how workers are reached, ended and watched; one server with all of them. */

let place: ServerPlace;
let api: ReturnType<typeof apiOf>;

beforeAll(async () => {
  place = await ServerPlace.make();
  api = apiOf(place);
  const handler = join(place.folder, 'slow.py');
  writeFileSync(
    handler,
    'import time\n\ndef handle(data, context):\n    if data is None:\n        return None\n    text = data[0]["body"]\n    print("at work for", text)\n    time.sleep(float(text))\n    return ["done"]\n',
  );
  await packArchive(place.store, { name: 'slow', handler });
  const configFile = join(place.folder, 'c.yaml');
  writeFileSync(configFile, 'useJobTicket: true\n');
  await packArchive(place.store, { name: 'ticketed', handler, configFile });
  await place.start({
    config: [
      'disable_token_authorization=true',
      'use_native_io=false',
      'initial_worker_port=9500',
      'unregister_model_timeout=1',
      'drain_timeout=10',
    ],
    // A proxy that does not exist: workers must not go to the server by way of it.
    env: {
      TS_BENCHMARK: 'True',
      SM_TELEMETRY_LOG: '1',
      http_proxy: 'http://127.0.0.1:9',
      no_proxy: undefined,
      NO_PROXY: undefined,
    },
  });
});
afterAll(() => place?.close());

/** A request of so many seconds that a worker has begun, and its answer to come. */
async function begun(seconds: string, model = 'slow') {
  const answer = api.predict(model, seconds);
  await expect.poll(() => place.log(), { timeout: 10_000 }).toContain(`at work for ${seconds}`);
  return { answer };
}

describe('keys of workers', () => {
  it('use_native_io=false: they dial over TCP; initial_worker_port names the first', async () => {
    expect(await api.register('url=slow.mar&initial_workers=2&synchronous=true')).toMatchObject({ status: 200 });
    expect((await api.describe('slow')).workers).toMatchObject([
      { id: '9500', status: 'READY' },
      { id: '9501', status: 'READY' },
    ]);
    expect(await api.predict('slow', '0')).toMatchObject({ status: 200, text: 'done' });
  });

  it('a line of the server that concerns a request names it', async () => {
    const answer = await fetch(`${place.inference}/predictions/slow`, { method: 'POST', body: 'no number' });
    expect(answer.status).toBe(503);
    const id = answer.headers.get('x-request-id');
    await expect.poll(() => place.log()).toContain(`slow 1.0: Prediction failed [request ${id}]`);
  });

  it('useJobTicket of a model: one request for each worker that waits, no queue', async () => {
    await api.register('url=ticketed.mar&initial_workers=1&synchronous=true');
    const { answer } = await begun('1.03', 'ticketed');
    expect(await api.predict('ticketed', '0')).toMatchObject({ status: 503 });
    expect(await answer).toMatchObject({ status: 200 });
    expect(await api.predict('ticketed', '0')).toMatchObject({ status: 200 });
    await api.unregister('ticketed');
  });

  it('SM_TELEMETRY_LOG: the death of a worker is counted in the log', async () => {
    const [worker] = (await api.describe('slow')).workers;
    process.kill(worker.pid, 'SIGKILL');
    await expect
      .poll(() => place.log(), { timeout: 10_000 })
      .toMatch(/ TELEMETRY_METRICS - ModelServerError\.Count:1\|#TorchServe:0\.12\.0,killed:-1$/m);
  });

  it('unregister_model_timeout: a scale-down that takes longer is answered 408, and the request in flight 200', async () => {
    const { answer } = await begun('3.01');
    expect(await api.scale('slow', 'min_worker=0&synchronous=true')).toMatchObject({
      status: 408,
      json: {
        code: 408,
        type: 'RequestTimeoutException',
        message: 'Failed to start workers for model slow version: null',
      },
    });
    expect(await answer).toMatchObject({ status: 200, text: 'done' });
    await expect.poll(async () => (await api.describe('slow')).workers).toEqual([]);
  });

  it('unregister_model_timeout: so is an unregister; the model is gone, and its worker goes', async () => {
    await api.scale('slow', 'min_worker=1&synchronous=true');
    const { answer } = await begun('3.02');
    expect(await api.unregister('slow')).toMatchObject({
      status: 408,
      json: { type: 'RequestTimeoutException', message: 'Timed out while cleaning resources: slow' },
    });
    expect((await api.list()).json.models).toEqual([]);
    expect(await answer).toMatchObject({ status: 200, text: 'done' });
  });

  it('TS_BENCHMARK: a worker that ends leaves its profile', async () => {
    const file = join(place.folder, 'tmp/tsPythonProfile.prof');
    await expect.poll(() => existsSync(file), { timeout: 10_000 }).toBe(true);
    expect(readFileSync(file).includes('slow.py')).toBe(true);
    await place.torchserve('--stop');
    expect(await processesLeft(place.folder, 5000)).toEqual([]);
  });
});
