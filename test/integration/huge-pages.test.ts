import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { apiOf } from '../support/api.js';
import { packArchive } from '../support/archive.js';
import { projectRoot } from '../support/release.js';
import { ServerPlace } from '../support/server.js';

const kernelMode = '/sys/kernel/mm/transparent_hugepage/enabled';
const asks = existsSync(kernelMode) && readFileSync(kernelMode, 'utf8').includes('[madvise]');
/** What the handler's weights take. */
const weights = 64 * 1024 * 1024;

let place: ServerPlace;
afterEach(() => place.close());

/** Bytes of a worker's memory in huge pages, with a server that has this in its environment. */
async function hugeBytes(env: Record<string, string>): Promise<number> {
  place = await ServerPlace.make();
  await packArchive(place.store, {
    name: 'large',
    handler: join(projectRoot, 'test/fixtures/handlers/large_weights.py'),
  });
  await place.start({ env });
  const api = apiOf(place);
  expect((await api.register('url=large.mar&initial_workers=1')).status).toBe(200);
  const [worker] = (await api.describe('large')).workers;
  return hugeBytesOf(worker.pid);
}

function hugeBytesOf(pid: number): number {
  return Number(/^AnonHugePages:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]) * 1024;
}

// How many there are is up to the kernel, which may have run out of them.
it.runIf(asks)('large weights lie in huge pages', async () => {
  expect(await hugeBytes({})).toBeGreaterThan(weights / 2);
});

it.runIf(asks)('but not where the environment says no', async () => {
  expect(await hugeBytes({ THP_MEM_ALLOC_ENABLE: '0' })).toBe(0);
});

it.runIf(asks)('the code of the server lies in them, unless NODE_OPTIONS say no', async () => {
  place = await ServerPlace.make();
  await place.start();
  expect(hugeBytesOf(place.pid)).toBeGreaterThan(10 * 1024 * 1024);
  await place.torchserve('--stop');
  await place.start({ env: { NODE_OPTIONS: '--use-largepages=off' } });
  expect(hugeBytesOf(place.pid)).toBe(0);
});
