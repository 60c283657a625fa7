import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { residentBytes } from '../../src/workers/process-memory.js';
import { apiOf } from '../support/api.js';
import { packArchive } from '../support/archive.js';
import { fakeGpus } from '../support/fake-gpus.js';
import { GrpcClient } from '../support/grpc.js';
import { processesLeft } from '../support/processes.js';
import { projectRoot } from '../support/release.js';
import { ServerPlace } from '../support/server.js';

const two = 'parallelType: tp\ntorchrun: {nproc-per-node: 2}\n';
/** The handler and the model-config.yaml of each model. */
const models: Record<string, readonly [handler: string, yaml: string]> = {
  whole: ['ranks', ''],
  sharded: ['ranks', `${two}handler: {sharded: true}`],
  pair: ['ranks', `${two}responseTimeout: 3\nbatchSize: 4\nmaxBatchDelay: 5`],
  pipeline: ['rank_pipeline', 'parallelType: pp\nparallelLevel: 2'],
  raising: ['ranks', `${two}handler: {at_load: {do: raise, rank: 1}}`],
  leaving: ['ranks', `${two}maxRetryTimeoutInSec: 0\nhandler: {at_load: {do: exit, rank: 1}}`],
  hanging: ['ranks', `${two}maxRetryTimeoutInSec: 0\nstartupTimeout: 6\nhandler: {at_load: {do: hang, rank: 1}}`],
  unequal: ['ranks', `${two}parallelLevel: 4`],
};

const service = 'org.pytorch.serve.grpc.inference.InferenceAPIsService';
let place: ServerPlace;
let api: ReturnType<typeof apiOf>;

async function serve(names: readonly string[], env: (folder: string) => NodeJS.ProcessEnv = () => ({})): Promise<void> {
  place = await ServerPlace.make();
  api = apiOf(place);
  for (const name of names) {
    const [handler, yaml] = models[name] ?? ['', ''];
    const configFile = join(place.folder, `${name}.yaml`);
    writeFileSync(configFile, `${yaml}\n`);
    await packArchive(place.store, {
      name,
      handler: join(projectRoot, `test/fixtures/handlers/${handler}.py`),
      configFile,
    });
  }
  const config = ['disable_token_authorization=true', 'enable_model_api=true', 'initial_distribution_port=29600'];
  await place.start({ config, env: env(place.folder) });
}

const ask = (model: string, order: object, init: RequestInit = {}) => api.predict(model, JSON.stringify(order), init);
// biome-ignore lint/suspicious/noExplicitAny: what the handler tells
const tell = async (model: string): Promise<any[]> => (await ask(model, { do: 'tell' })).json;
const workersOf = async (model: string) => (await api.describe(model)).workers;
const ready = async (model: string): Promise<number> =>
  (await workersOf(model)).filter(({ status }: { status: string }) => status === 'READY').length;
const alive = (pids: readonly number[]) => place.processes().filter(({ pid }) => pids.includes(pid));
const serverPid = () => Number(readFileSync(join(place.folder, 'tmp/.model_server.pid'), 'utf8'));
const torchruns = () => place.processes().filter(({ command }) => command.includes('-m ts_worker.torchrun'));

describe('a worker of two ranks', () => {
  beforeAll(async () => {
    await serve(['pair', 'whole', 'sharded']);
    for (const name of ['pair', 'whole', 'sharded']) {
      expect((await api.register(`url=${name}.mar&initial_workers=1&synchronous=true`)).status, place.log()).toBe(200);
    }
  });
  afterAll(() => place?.close());

  it('computes what the whole layer does, over REST and gRPC', async () => {
    const order = { do: 'forward', x: [1, -2, 3, 0.5, 0, 0.25, -1, 8].map((value) => [...Array(8)].map(() => value)) };
    const whole = (await ask('whole', order)).json as number[][];
    const close = whole.map((row) => row.map((value) => expect.closeTo(value, 9)));
    expect((await ask('sharded', order)).json).toEqual(close);
    const inference = new GrpcClient(service, 'inference.proto', place.grpcInference);
    const input = { body: Buffer.from(JSON.stringify(order)) };
    const answer = await inference.call('Predictions', { model_name: 'sharded', input });
    expect(JSON.parse(answer.message.prediction)).toEqual(close);
    inference.stub.close();
    expect((await api.unregister('sharded')).status).toBe(200);
  });

  it('is one worker to its users, and the first rank to the eye', async () => {
    const told = await tell('pair');
    const description = await api.describe('pair');
    expect(description).toMatchObject({ parallelType: 'tp', parallelLevel: 2, minWorkers: 1 });
    expect(description.workers).toMatchObject([{ id: '29600', status: 'READY', pid: told[0].pid, gpu: false }]);
    // That of all its processes.
    expect(description.workers[0].memoryUsage).toBeGreaterThan(1.5 * residentBytes(told[0].pid));
    expect(told.map(({ secrets, omp, gpuId }) => ({ secrets, omp, gpuId }))).toEqual(
      [0, 1].map(() => ({ secrets: [], omp: null, gpuId: null })),
    );
    expect(place.log()).toMatch(/W-29600-pair_1.0-stdout MODEL_LOG - \[rank1\] rank 1 of 2 prints/);
  });

  it('streams, and stops together when its caller leaves', async () => {
    expect((await ask('pair', { do: 'count', to: 5 })).text).toBe('1 2 3 4 5 over');
    const inference = new GrpcClient(service, 'inference.proto', place.grpcInference);
    const input = { body: Buffer.from(JSON.stringify({ do: 'count', to: 3 })) };
    const pieces: string[] = [];
    for await (const { prediction } of inference.stub.StreamPredictions({ model_name: 'pair', input }))
      pieces.push(prediction.toString());
    inference.stub.close();
    expect(pieces).toEqual(['1 ', '2 ', '3 ', 'over']);
    const note = join(place.folder, 'note');
    const gone = new AbortController();
    const signal = gone.signal;
    const body = JSON.stringify({ do: 'count', to: 1000, seconds: 0.02, note });
    const response = await fetch(`${place.inference}/predictions/pair`, { method: 'POST', body, signal });
    const reader = response.body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toMatch(/^1 /);
    gone.abort();
    await expect.poll(() => existsSync(note) && Number(readFileSync(note, 'utf8'))).toBeGreaterThan(0);
    expect(Number(readFileSync(note, 'utf8'))).toBeLessThan(900);
    expect((await ask('pair', { do: 'count', to: 1 })).text).toBe('1 over');
  });

  it('gives large bodies to every rank, and requests in batches', async () => {
    const pad = 'x'.repeat(1 << 20);
    const answers = await Promise.all(Array.from({ length: 12 }, (_, to) => ask('pair', { do: 'count', to, pad })));
    expect(answers.map(({ text }) => text.split(' ').length)).toEqual(answers.map((_, to) => to + 1));
  });

  it('answers an error of all ranks, and of one that the others do not wait for, and goes on', async () => {
    const pid = (await workersOf('pair'))[0].pid;
    expect((await ask('pair', { do: 'raise' })).status).toBe(503);
    expect((await tell('pair'))[0].pid).toBe(pid);
  });

  it('is ended, with an answer, when one of its ranks does not come to an end with the others', async () => {
    const before = await tell('pair');
    // The first rank fails; the second waits for it, and would take its part in the next batch with this one.
    expect(await ask('pair', { do: 'raise', rank: 0 })).toMatchObject({
      status: 500,
      json: { message: 'Worker died.' },
    });
    await expect.poll(() => ready('pair'), { timeout: 60_000 }).toBe(1);
    expect(alive(before.map(({ pid }) => pid))).toEqual([]);
    expect((await ask('pair', { do: 'count', to: 1 })).text).toBe('1 over');
  });

  it.each(['its second rank', 'torchrun'])(
    'answers 507 when %s is killed, and comes back as a whole',
    async (which) => {
      const before = (await tell('pair')).map(({ pid }) => pid as number);
      expect((await ask('pair', { do: 'child' })).text).toBe('done');
      const running = ask('pair', { do: 'hang' });
      await sleep(200);
      const [agent] = torchruns();
      process.kill((which === 'torchrun' ? agent?.pid : before[1]) as number, 'SIGKILL');
      expect(await running).toMatchObject({ status: 507, json: { message: 'Worker died.' } });
      if (which !== 'torchrun') {
        await expect.poll(() => place.log()).toContain(`rank 1 (process ${before[1]}) was ended by SIGKILL`);
      }
      await expect.poll(() => ready('pair'), { timeout: 60_000 }).toBe(1);
      expect(alive(before)).toEqual([]);
      expect(place.processes().filter(({ command }) => command.startsWith('sleep'))).toEqual([]);
      expect((await ask('pair', { do: 'count', to: 1 })).text).toBe('1 over');
      expect(await workersOf('pair')).toMatchObject([{ id: '29600' }]);
    },
  );

  it('is scaled and unregistered as one', async () => {
    const [first] = await tell('pair');
    expect((await api.scale('pair', 'min_worker=2&max_worker=2&synchronous=true')).status).toBe(200);
    expect((await workersOf('pair')).map(({ id }: { id: string }) => id)).toEqual(['29600', '29604']);
    const answers = await Promise.all(Array.from({ length: 8 }, () => tell('pair')));
    expect(new Set(answers.map(([{ pid }]) => pid)).size).toBe(2);
    expect((await api.scale('pair', 'min_worker=1&max_worker=1&synchronous=true')).status).toBe(200);
    expect(torchruns()).toHaveLength(1);
    expect((await tell('pair'))[0]).toEqual(first);
    expect((await api.unregister('pair')).status).toBe(200);
    expect(torchruns()).toEqual([]);
    expect(place.processes().filter(({ command }) => command.includes('-m ts_worker.main'))).toEqual([]);
  });
});

describe('ranks that do not get far', () => {
  beforeAll(() => serve(['pipeline', 'raising', 'leaving', 'hanging', 'unequal']));
  afterAll(() => place?.close());

  it.each([
    ['raising', /^rank 1: ValueError: not today$/],
    ['leaving', /^rank 1 \(process \d+\) exited with status 3$/],
    ['hanging', /^not ready within the startup timeout of 6 s$/],
  ])('%s: the load fails, and describe says why', async (name, reason) => {
    expect((await api.register(`url=${name}.mar&initial_workers=1&synchronous=true`)).status).toBe(500);
    expect((await api.describe(name)).lastError).toMatch(reason);
    expect((await api.unregister(name)).status).toBe(200);
    expect(torchruns()).toEqual([]);
  });

  it('unequal: two numbers of processes are refused', async () => {
    expect(await api.register('url=unequal.mar&initial_workers=1&synchronous=true')).toMatchObject({
      status: 400,
      json: { type: 'InvalidModelException', message: expect.stringMatching(/^parallelLevel 4 and nproc-per-node 2/) },
    });
  });

  it('pipeline: the first rank alone gets the requests, and calls upon the other', async () => {
    expect((await api.register('url=pipeline.mar&initial_workers=1&synchronous=true')).status, place.log()).toBe(200);
    const { number, pids } = (await api.predict('pipeline', '4')).json;
    expect(number).toBe(50);
    expect(new Set(pids).size).toBe(2);
  });

  it('are gone within 2 s when their server is killed, and what keeps an eye on them as well', async () => {
    expect(torchruns()).toHaveLength(1);
    const keepers = place.processes().filter(({ command }) => command.includes('kept='));
    expect(keepers.length).toBeGreaterThan(0);
    for (const { pid } of [...keepers, { pid: serverPid() }]) process.kill(pid, 'SIGKILL');
    expect(await processesLeft(place.folder, 2000)).toEqual([]);
  });
});

describe.runIf(process.platform === 'linux')('where there are GPUs', () => {
  beforeAll(async () => {
    models['both'] = ['ranks', two];
    models['many'] = ['ranks', 'parallelType: tp\nparallelLevel: 5'];
    models['engine'] = ['where', 'parallelType: custom\nparallelLevel: 3'];
    await serve(['both', 'many', 'engine'], (folder) => ({
      ...fakeGpus(
        folder,
        [0, 1, 2, 3].map((index) => `${index}, 0, 8192, 0`),
      ),
      CUDA_VISIBLE_DEVICES: '4,5,6,7',
    }));
  });
  afterAll(() => place?.close());

  it('each worker has as many as it has ranks, and there are no more workers than that', async () => {
    const registered = await api.register('url=both.mar&initial_workers=1&synchronous=true');
    expect(registered.status, place.log()).toBe(200);
    expect(await tell('both')).toMatchObject([0, 1].map((gpuId) => ({ gpuId, visibleDevices: '4,5' })));
    expect((await api.scale('both', 'min_worker=9&max_worker=9')).status).toBe(202);
    expect(await api.describe('both')).toMatchObject({ minWorkers: 2, maxWorkers: 2, deviceType: 'gpu' });
  });

  it('one process has them all where the handler starts others by itself', async () => {
    expect((await api.register('url=engine.mar&initial_workers=1&synchronous=true')).status).toBe(200);
    expect((await api.predict('engine', '')).json).toMatchObject({ gpuId: 0, visibleDevices: '4,5,6' });
  });

  it('a model that needs more is refused', async () => {
    expect(await api.register('url=many.mar&initial_workers=1&synchronous=true')).toMatchObject({
      status: 500,
      json: {
        type: 'WorkerInitializationException',
        message: 'No enough gpu devices for model:many parallelLevel:5',
      },
    });
  });

  it('what handlers of ranks started ends with a server that is killed', async () => {
    expect((await ask('both', { do: 'child' })).text).toBe('done');
    expect(place.processes().filter(({ command }) => command.startsWith('sleep')).length).toBe(2);
    process.kill(serverPid(), 'SIGKILL');
    expect(await processesLeft(place.folder, 2000)).toEqual([]);
  });
});
