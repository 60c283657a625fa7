import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { apiOf } from '../support/api.js';
import { packArchive } from '../support/archive.js';
import { processesLeft } from '../support/processes.js';
import { projectRoot } from '../support/release.js';
import { ServerPlace } from '../support/server.js';

const handler = join(projectRoot, 'test/fixtures/handlers/misbehave.py');
const archives = mkdtempSync(join(tmpdir(), 'tb-a-'));
let place: ServerPlace;
let api: ReturnType<typeof apiOf>;

beforeAll(async () => {
  await packArchive(archives, { name: 'm', handler });
});
afterAll(() => rmSync(archives, { recursive: true }));
beforeEach(async () => {
  place = await ServerPlace.make();
  cpSync(archives, place.store, { recursive: true });
});
afterEach(async () => {
  await place.close();
});

async function serve(method: 'fork' | 'spawn'): Promise<void> {
  await place.start({
    config: [
      'disable_token_authorization=true',
      'enable_model_api=true',
      `worker_start_method=${method}`,
      'drain_timeout=5',
    ],
  });
  api = apiOf(place);
  expect((await api.register('url=m.mar&initial_workers=2')).status).toBe(200);
}

const pidsOf = async (): Promise<number[]> => (await api.describe('m')).workers.map(({ pid }: { pid: number }) => pid);
const readyWorkers = async (): Promise<number> =>
  (await api.describe('m')).workers.filter(({ status }: { status: string }) => status === 'READY').length;

describe.each(['fork', 'spawn'] as const)('workers started by %s', (method) => {
  it('are gone within 2 s when their server is killed, with what their handlers started', async () => {
    await serve(method);
    const child = Number((await api.predict('m', 'child')).text);
    expect(place.processes().map(({ pid }) => pid)).toEqual(expect.arrayContaining([...(await pidsOf()), child]));
    process.kill(place.pid, 'SIGKILL');
    expect(await processesLeft(place.folder, 2000)).toEqual([]);
  });

  it('come back under their ids when they are killed', async () => {
    await serve(method);
    const before = await api.describe('m');
    const killed = await pidsOf();
    for (const pid of killed) process.kill(pid, 'SIGKILL');
    await expect
      .poll(async () => (await pidsOf()).some((pid) => killed.includes(pid) || pid < 0), { timeout: 30_000 })
      .toBe(false);
    await expect.poll(readyWorkers, { timeout: 30_000 }).toBe(2);
    const after = await api.describe('m');
    expect(after.workers.map(({ id }: { id: string }) => id)).toEqual(
      before.workers.map(({ id }: { id: string }) => id),
    );
    expect((await api.predict('m', 'ok')).status).toBe(200);
  });

  it('answer 507 to the caller whose worker was killed, and serve what waited behind it', async () => {
    await serve(method);
    await api.scale('m', 'min_worker=1&max_worker=1&synchronous=true');
    const [pid] = await pidsOf();
    const running = api.predict('m', 'sleep 20');
    await sleep(300);
    const waiting = api.predict('m', 'ok');
    await sleep(200);
    process.kill(pid as number, 'SIGKILL');
    expect(await running).toMatchObject({ status: 507, json: { message: 'Worker died.' } });
    expect((await waiting).status).toBe(200);
  });

  it('answer what they hold when they are scaled away, unregistered or stopped', async () => {
    await serve(method);
    const scaled = Promise.all([api.predict('m', 'sleep 1'), api.predict('m', 'sleep 1')]);
    await sleep(200);
    expect((await api.scale('m', 'min_worker=1&max_worker=1&synchronous=true')).status).toBe(200);
    expect((await scaled).map(({ status }) => status)).toEqual([200, 200]);

    const unregistered = Promise.all([api.predict('m', 'sleep 1'), api.predict('m', 'sleep 0.2')]);
    await sleep(200);
    expect((await api.unregister('m')).status).toBe(200);
    expect((await unregistered).map(({ status }) => status)).toEqual([200, 200]);

    expect((await api.register('url=m.mar&initial_workers=1')).status).toBe(200);
    const stopped = api.predict('m', 'sleep 1');
    await sleep(200);
    await place.torchserve('--stop');
    expect((await stopped).status).toBe(200);
    expect(await processesLeft(place.folder, 5000)).toEqual([]);
  });

  it('that outlive the drain are ended, and their callers answered 503', async () => {
    await serve(method);
    const stuck = api.predict('m', 'sleep 60');
    await sleep(200);
    expect((await api.unregister('m')).status).toBe(200);
    expect((await stuck).status).toBe(503);
    expect((await api.list()).json.models).toEqual([]);
  });
});

describe('a nursery that is killed', () => {
  it('comes back, and so do its workers', async () => {
    await serve('fork');
    const nursery = place.processes().find(({ command }) => command.includes('ts_worker.nursery'));
    process.kill(nursery?.pid as number, 'SIGKILL');
    await expect.poll(async () => (await api.predict('m', 'ok')).status, { timeout: 30_000 }).toBe(200);
    await expect.poll(readyWorkers, { timeout: 30_000 }).toBe(2);
  });
});
