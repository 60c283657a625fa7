import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { apiOf } from '../support/api.js';
import { packArchive } from '../support/archive.js';
import { projectRoot } from '../support/release.js';
import { ServerPlace } from '../support/server.js';

const handlers = join(projectRoot, 'test/fixtures/handlers');
const quick = { timeout: 30_000, interval: 50 };
let place: ServerPlace;
let api: ReturnType<typeof apiOf>;

/** Packs an archive with a handler of the fixtures and a model-config.yaml. */
async function pack(name: string, handler: string, yaml: string): Promise<void> {
  const configFile = join(place.folder, `${name}.yaml`);
  writeFileSync(configFile, yaml);
  await packArchive(place.store, { name, handler: join(handlers, handler), configFile });
}

const workersOf = async (model: string): Promise<number> => (await api.describe(model)).workers.length;
const bytes = (text: string) => ({ headers: { 'content-type': 'application/octet-stream' }, body: text });
const ask = (model: string, text = 'x') => api.predict(model, text, bytes(text));
/** How many workers were started for a model, by its log. */
const starts = (model: string): number => place.log().split(`-${model}_1.0 is starting`).length - 1;

beforeAll(async () => {
  place = await ServerPlace.make();
  await pack(
    'waits',
    'holds_memory.py',
    'minWorkers: 0\nmaxWorkers: 4\nhandler: {wait: 0.1}\nautoscale: {stabilizationWindow: 1, downscaleDelay: 0.2, idleTimeout: 3}\n',
  );
  await pack('broken', 'bad_initialize.py', 'minWorkers: 0\nautoscale: true\n');
  await pack('hangs', 'hangs_at_load.py', 'minWorkers: 0\nautoscale: true\nclientTimeoutInMills: 500\n');
  await pack('backwards', 'holds_memory.py', 'minWorkers: 5\nmaxWorkers: 2\nautoscale: true\n');
  await pack('plain', 'holds_memory.py', 'batchSize: 1\n');
  await place.start({
    config: ['disable_token_authorization=true', 'enable_model_api=true', 'metrics_mode=prometheus'],
    snapshots: true,
  });
  api = apiOf(place);
});
afterAll(async () => {
  await place.close();
});

describe('a version that autoscaling is on for', () => {
  it('has no worker until the first request, which waits for it', async () => {
    expect((await api.register('url=waits.mar')).status).toBe(200);
    expect(await workersOf('waits')).toBe(0);
    expect(await ask('waits', 'hello')).toMatchObject({ status: 200, text: 'waits hello' });
    const { autoscale } = await api.describe('waits');
    expect(autoscale).toMatchObject({ reason: expect.any(String), settings: { idleTimeout: 3, targetQueueWait: 200 } });
  });

  it('gets more workers under load, and every request is answered while they come and go', async () => {
    const end = Date.now() + 4000;
    const statuses: number[] = [];
    const caller = async (): Promise<void> => {
      while (Date.now() < end) statuses.push((await ask('waits')).status);
    };
    const callers = Array.from({ length: 12 }, caller);
    await vi.waitFor(async () => expect(await workersOf('waits')).toBe(4), quick);
    await Promise.all(callers);
    expect(statuses.filter((status) => status !== 200)).toEqual([]);
    // A trickle goes on while the rest is taken back.
    const trickle: number[] = [];
    await vi.waitFor(
      async () => {
        trickle.push((await ask('waits')).status);
        expect(await workersOf('waits')).toBe(1);
      },
      { ...quick, interval: 400 },
    );
    expect(trickle.filter((status) => status !== 200)).toEqual([]);
  });

  it('goes back to none when nothing is asked for its idle time', async () => {
    await vi.waitFor(async () => expect(await workersOf('waits')).toBe(0), quick);
    expect((await ask('waits')).status).toBe(200);
  });

  it('tells each decision in the log and in the metrics', async () => {
    expect(place.log()).toMatch(/Autoscaler - waits 1\.0: 0 to 1 workers: 1 batch waiting and no worker/);
    expect(place.log()).toMatch(/waits 1\.0: 1 to 0 workers: nothing was asked for 3(\.\d)? s/);
    const metrics = await (await fetch(`${place.metrics}/metrics`)).text();
    const labels = 'model_name="waits",model_version="1.0",';
    expect(metrics).toMatch(
      new RegExp(`torchbridge_autoscale_decisions_total{${labels}direction="up",reason="demand",} [1-9]`),
    );
    expect(metrics).toContain(`torchbridge_autoscale_decisions_total{${labels}direction="down",reason="idle",}`);
    expect(metrics).toContain(`torchbridge_autoscale_workers_wanted{${labels}}`);
  });

  it('is scaled by the API within the bounds that this sets', async () => {
    expect((await api.scale('waits', 'min_worker=2&max_worker=3&synchronous=true')).status).toBe(200);
    expect(await api.describe('waits')).toMatchObject({ minWorkers: 2, maxWorkers: 3, workers: { length: 2 } });
    expect(await api.scale('waits', 'min_worker=3&max_worker=2')).toMatchObject({
      status: 400,
      json: { message: 'max_worker cannot be less than min_worker.' },
    });
    expect((await api.scale('waits', 'min_worker=0&max_worker=4&synchronous=true')).status).toBe(200);
  });

  it('answers a caller whose deadline passes before a worker has come', async () => {
    expect((await api.register('url=hangs.mar')).status).toBe(200);
    expect(await ask('hangs')).toMatchObject({ status: 408 });
    expect((await api.unregister('hangs')).status).toBe(200);
  });

  it('is not hammered when its workers cannot start, and says why', async () => {
    expect((await api.register('url=broken.mar')).status).toBe(200);
    const first = await ask('broken');
    expect(first).toMatchObject({
      status: 503,
      json: { message: expect.stringContaining('the weights are for another') },
    });
    const replies = await Promise.all(Array.from({ length: 20 }, () => ask('broken')));
    for (const { status, json } of replies) {
      expect(status).toBe(503);
      expect(json.message).toMatch(/^Model "broken" has no worker .* The next try is in \d+ s at the earliest\.$/);
    }
    expect((await api.describe('broken')).autoscale.bound).toContain('the weights are for another model');
    expect(starts('broken')).toBeLessThanOrEqual(2);
  });

  it('is refused where its maximum is below its minimum', async () => {
    expect(await api.register('url=backwards.mar')).toMatchObject({
      status: 400,
      json: { message: 'maxWorkers 2 is less than the 5 workers that there are to be at least.' },
    });
  });
});

describe('the switch', () => {
  const refused = { status: 503, json: { message: expect.stringContaining('Please use scale workers API') } };

  it('is off unless somebody says otherwise, and everything is as TorchServe has it', async () => {
    expect((await api.register('url=plain.mar')).status).toBe(200);
    expect(await ask('plain')).toMatchObject(refused);
    expect((await api.describe('plain')).autoscale).toBeUndefined();
  });

  it('is thrown by a scale call, and back', async () => {
    expect((await api.scale('plain', 'min_worker=0&max_worker=2&autoscale=true')).status).toBe(202);
    expect(await ask('plain')).toMatchObject({ status: 200, text: 'plain x' });
    expect((await api.scale('plain', 'min_worker=0&max_worker=0&autoscale=false&synchronous=true')).status).toBe(200);
    expect(await ask('plain')).toMatchObject(refused);
    expect((await api.scale('plain', 'min_worker=0&max_worker=2&autoscale=true')).status).toBe(202);
  });

  it('is thrown by a register call, whatever the yaml says', async () => {
    expect((await api.unregister('waits')).status).toBe(200);
    expect((await api.register('url=waits.mar&autoscale=false&initial_workers=0')).status).toBe(200);
    expect(await ask('waits')).toMatchObject(refused);
    expect((await api.unregister('waits')).status).toBe(200);
    expect((await api.register('url=waits.mar')).status).toBe(200);
  });

  it('stands after a restart, with the bounds', async () => {
    await place.stop();
    await place.start({ snapshots: true });
    expect(await api.describe('plain')).toMatchObject({ minWorkers: 0, maxWorkers: 2, autoscale: expect.anything() });
    expect(await api.describe('waits')).toMatchObject({ maxWorkers: 4, autoscale: { settings: { idleTimeout: 3 } } });
    expect(await ask('plain')).toMatchObject({ status: 200 });
  });
});
