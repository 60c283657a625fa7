import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiOf } from '../support/api.js';
import { packArchive } from '../support/archive.js';
import { projectRoot } from '../support/release.js';
import { ServerPlace } from '../support/server.js';

const handler = join(projectRoot, 'test/fixtures/handlers/large_weights.py');
/** What the handler's weights take. */
const weights = 64 * 1024 * 1024;

let place: ServerPlace;
let api: ReturnType<typeof apiOf>;

beforeAll(async () => {
  place = await ServerPlace.make();
  const yaml = join(place.folder, 'shares.yaml');
  writeFileSync(yaml, 'workerStart: forkAfterLoad\n');
  await packArchive(place.store, { name: 'shares', handler, configFile: yaml });
  await packArchive(place.store, { name: 'owns', handler });
  const threaded = join(place.folder, 'threaded.yaml');
  writeFileSync(threaded, 'workerStart: forkAfterLoad\nhandler:\n  starts_thread: true\n');
  await packArchive(place.store, { name: 'threaded', handler, configFile: threaded });
  await place.start();
  api = apiOf(place);
  for (const name of ['shares', 'owns', 'threaded'])
    expect((await api.register(`url=${name}.mar&initial_workers=2`)).status).toBe(200);
});
afterAll(() => place.close());

const pidsOf = async (model: string): Promise<number[]> =>
  (await api.describe(model)).workers.map(({ pid }: { pid: number }) => pid);

/** Bytes of memory that are this process's alone. */
function privateBytes(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return [...rollup.matchAll(/^Private_\w+:\s+(\d+) kB/gm)].reduce((sum, [, kib]) => sum + Number(kib) * 1024, 0);
}

describe.runIf(process.platform === 'linux')('workers that are forked after the model was loaded', () => {
  it('share its weights, and answer as others do', async () => {
    const answers = async (model: string) =>
      new Set(await Promise.all(Array.from({ length: 20 }, async () => (await api.predict(model, 'x')).text)));
    expect(await answers('shares')).toEqual(await answers('owns'));
    for (const pid of await pidsOf('shares')) expect(privateBytes(pid)).toBeLessThan(weights / 2);
    for (const pid of await pidsOf('owns')) expect(privateBytes(pid)).toBeGreaterThan(weights);
  });

  it('come back when they are killed', async () => {
    const [victim] = await pidsOf('shares');
    process.kill(victim as number, 'SIGKILL');
    const ready = async () =>
      (await api.describe('shares')).workers.filter(
        ({ pid, status }: { pid: number; status: string }) => pid !== victim && status === 'READY',
      ).length;
    await expect.poll(ready, { timeout: 20_000 }).toBe(2);
    for (const pid of await pidsOf('shares')) expect(privateBytes(pid)).toBeLessThan(weights / 2);
  });

  it('load their own where the handler starts a thread, and the log says so', async () => {
    expect((await api.predict('threaded', 'x')).status).toBe(200);
    for (const pid of await pidsOf('threaded')) expect(privateBytes(pid)).toBeGreaterThan(weights);
    expect(place.log()).toContain('does not share its model: its handler started threads while it was loaded');
  });

  it('leave nothing behind when they are unregistered', async () => {
    const pids = await pidsOf('shares');
    await fetch(`${place.management}/models/shares`, { method: 'DELETE' });
    await expect.poll(() => place.processes().filter(({ pid }) => pids.includes(pid)), { timeout: 10_000 }).toEqual([]);
  });
});
