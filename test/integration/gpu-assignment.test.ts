import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiOf } from '../support/api.js';
import { packArchive } from '../support/archive.js';
import { fakeGpus } from '../support/fake-gpus.js';
import { projectRoot } from '../support/release.js';
import { ServerPlace } from '../support/server.js';

let place: ServerPlace;
let api: ReturnType<typeof apiOf>;

/** The model-config.yaml of each model. */
const models = { plain: '', listed: 'deviceIds: [2, 1]', onCpu: 'deviceType: cpu', beyond: 'deviceIds: [1, 3]' };

beforeAll(async () => {
  place = await ServerPlace.make();
  api = apiOf(place);
  for (const [name, yaml] of Object.entries(models)) {
    const configFile = join(place.folder, `${name}.yaml`);
    writeFileSync(configFile, `${yaml}\n`);
    const handler = join(projectRoot, 'test/fixtures/handlers/where.py');
    await packArchive(place.store, { name, handler, configFile });
  }
  await place.start({
    config: ['disable_token_authorization=true', 'number_of_gpu=3'],
    env: fakeGpus(
      place.folder,
      [0, 1, 2, 3].map((index) => `${index}, 0, 8192, 0`),
    ),
  });
});
afterAll(() => place?.close());

/** How busy a GPU is, as describe says it. */
function usageOf(index: number): string {
  return `gpuId::${index} utilization.gpu [%]::0 % utilization.memory [%]::0 % memory.used [MiB]::0 MiB`;
}

/** The GPU that each worker was given, as its handler sees it. */
async function gpusOf(model: string, workers: number): Promise<unknown[]> {
  const registered = await api.register(`url=${model}.mar&initial_workers=${workers}&synchronous=true`);
  expect(registered).toMatchObject({ status: 200 });
  const told = new Map<number, unknown>();
  await expect
    .poll(
      async () => {
        const answers = await Promise.all(Array.from({ length: 4 * workers }, () => api.predict(model, 'x')));
        for (const { json } of answers) told.set(json.pid, json.gpuId);
        return told.size;
      },
      { timeout: 30_000 },
    )
    .toBe(workers);
  const description = await api.describe(model);
  return description.workers.map(({ pid }: { pid: number }) => told.get(pid));
}

describe.runIf(process.platform === 'linux')('the GPUs of nvidia-smi, as many as number_of_gpu says', () => {
  it('are dealt out in turn, and the context has the number', async () => {
    expect(place.log()).toContain('Number of GPUs: 3');
    expect(await gpusOf('plain', 4)).toEqual([0, 1, 2, 0]);
    const description = await api.describe('plain');
    expect(description).toMatchObject({ deviceType: 'gpu' });
    expect(description.workers.map(({ gpu }: { gpu: boolean }) => gpu)).toEqual([true, true, true, true]);
    const usage = description.workers.map(({ gpuUsage }: { gpuUsage: string }) => gpuUsage);
    expect(usage).toEqual([usageOf(0), usageOf(1), usageOf(2), usageOf(0)]);
  });

  it('come from the list that a model has, in its order', async () => {
    expect(await gpusOf('listed', 3)).toEqual([2, 1, 2]);
    expect(await api.describe('listed')).toMatchObject({ deviceType: 'gpu', deviceIds: [2, 1] });
  });

  it('are left alone by a model for the CPU', async () => {
    expect(await gpusOf('onCpu', 1)).toEqual([null]);
    expect(await api.describe('onCpu')).toMatchObject({ deviceType: 'cpu', workers: [{ gpu: false }] });
  });

  it('that do not exist make a list void, which is told', async () => {
    expect(await gpusOf('beyond', 1)).toEqual([1]);
    expect((await api.describe('beyond')).deviceIds).toBeUndefined();
    await expect.poll(() => place.log(), { timeout: 5000 }).toMatch(/Invalid deviceId:3, ignore deviceIds list/);
  });
});
