import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseLauncherArguments } from '../../src/config/launcher-arguments.js';
import { CorePlan } from '../../src/workers/cpu/core-plan.js';
import { readTopology } from '../../src/workers/cpu/topology.js';
import { apiOf } from '../support/api.js';
import { packArchive } from '../support/archive.js';
import { projectRoot } from '../support/release.js';
import { ServerPlace } from '../support/server.js';

let place: ServerPlace;
let api: ReturnType<typeof apiOf>;

beforeEach(async () => {
  place = await ServerPlace.make();
  api = apiOf(place);
  await packArchive(place.store, { name: 'where', handler: join(projectRoot, 'test/fixtures/handlers/where.py') });
});
afterEach(() => place.close());

interface Where {
  readonly pid: number;
  readonly cpus: readonly number[];
  readonly torchThreads: number;
  readonly libraries: readonly string[];
}

/** What each of `count` workers tells of itself, by worker id. */
async function everywhere(count: number): Promise<Where[]> {
  const told = new Map<number, Where>();
  await expect
    .poll(
      async () => {
        const answers = await Promise.all(Array.from({ length: 4 * count }, () => api.predict('where', 'x')));
        for (const { json } of answers) told.set(json.pid, json);
        const { workers } = await api.describe('where');
        return workers.every(({ pid }: { pid: number }) => told.has(pid)) && workers.length === count;
      },
      { timeout: 30_000 },
    )
    .toBe(true);
  const { workers } = await api.describe('where');
  return workers.map(({ pid }: { pid: number }) => told.get(pid));
}

/** Where a plan puts so many workers on this machine. */
const planned = (workers: number, ...words: string[]) =>
  new CorePlan(readTopology(), parseLauncherArguments(words))
    .place(workers)
    .map(({ cpus }) => [[...cpus].sort((a, b) => a - b), cpus.length]);

const bound = (told: readonly Where[]) => told.map(({ cpus, torchThreads }) => [cpus, torchThreads]);

/** Any library of this machine under the name of an allocator: what counts is that it is preloaded. */
function standIn(name: string): string {
  const folder = join(place.folder, 'lib');
  mkdirSync(folder);
  const system = ['/lib/x86_64-linux-gnu', '/lib/aarch64-linux-gnu', '/lib64', '/usr/lib'].find((candidate) =>
    safeList(candidate).includes('libm.so.6'),
  );
  copyFileSync(join(system ?? '/lib', 'libm.so.6'), join(folder, name));
  return folder;
}

function safeList(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

const settings = ['disable_token_authorization=true', 'cpu_launcher_enable=true'];

describe.runIf(process.platform === 'linux')('workers under the CPU launcher', () => {
  it('have cores of their own, bound anew as workers come, die and go; the allocator is preloaded', async () => {
    const folder = standIn('libjemalloc.so.2');
    await place.start({
      config: [...settings, 'default_workers_per_model=1', 'cpu_launcher_args=--enable_jemalloc --node_id 0 --dtype x'],
      models: ['where.mar'],
      env: { LD_LIBRARY_PATH: folder, OMP_NUM_THREADS: undefined },
    });
    const [alone] = await everywhere(1);
    expect(bound([alone as Where])).toEqual(planned(1));
    expect(alone?.libraries).toContain(join(folder, 'libjemalloc.so.2'));
    expect(place.log()).toContain(`memory allocator: ${join(folder, 'libjemalloc.so.2')}`);
    expect(place.log()).toContain('Words of cpu_launcher_args that are ignored: --dtype x.');

    await api.scale('where', 'min_worker=2&max_worker=2&synchronous=true');
    const [first, second] = await everywhere(2);
    expect(bound([first as Where, second as Where])).toEqual(planned(2));
    expect(first?.pid).toBe(alone?.pid);

    process.kill((second as Where).pid, 'SIGKILL');
    await expect.poll(async () => (await api.describe('where')).workers[1].pid).not.toBe(second?.pid);
    expect(bound(await everywhere(2))).toEqual(planned(2));

    await api.scale('where', 'min_worker=1&max_worker=1&synchronous=true');
    expect(bound(await everywhere(1))).toEqual(planned(1));
  });

  it('have them too where each is a fresh interpreter, and as many as they were told', async () => {
    await place.start({
      config: [
        ...settings,
        'default_workers_per_model=2',
        'worker_start_method=spawn',
        'cpu_launcher_args=--use_logical_core --ncores_per_instance 1 --use_default_allocator',
      ],
      models: ['where.mar'],
      env: { OMP_NUM_THREADS: undefined },
    });
    const words = ['--use_logical_core', '--ncores_per_instance', '1'];
    expect(bound(await everywhere(2))).toEqual(planned(2, ...words));
    expect(place.log()).toMatch(/W-9000-where_1\.0-stdout MODEL_LOG - Runs on CPUs \d+$/m);
  });
});
