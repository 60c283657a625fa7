import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiOf, type Reply } from '../support/api.js';
import { packArchive } from '../support/archive.js';
import { collect, type GrpcClient, inferenceClient } from '../support/grpc.js';
import { projectRoot } from '../support/release.js';
import { ServerPlace } from '../support/server.js';
import { sequenceHeaders as names } from '../support/version-settings.js';

const handler = join(projectRoot, 'test/fixtures/handlers/running_sum.py');
let place: ServerPlace;
let api: ReturnType<typeof apiOf>;
let grpc: GrpcClient;

/** What each model's yaml says beside `sequenceBatching: true`. */
const models = {
  sums: [
    'minWorkers: 2',
    'maxWorkers: 2',
    'batchSize: 4',
    'maxBatchDelay: 20',
    'maxNumSequence: 8',
    'sequenceMaxIdleMSec: 60000',
    'maxSequenceJobQueueSize: 5',
  ],
  few: ['minWorkers: 1', 'maxWorkers: 1', 'maxNumSequence: 2', 'sequenceMaxIdleMSec: 60000'],
  brief: ['minWorkers: 1', 'maxWorkers: 1', 'sequenceMaxIdleMSec: 300'],
  aging: ['minWorkers: 1', 'maxWorkers: 1', 'sequenceTimeoutMSec: 300', 'sequenceMaxIdleMSec: 60000'],
  mortal: ['minWorkers: 1', 'maxWorkers: 1', 'maxNumSequence: 4', 'sequenceMaxIdleMSec: 60000'],
};

beforeAll(async () => {
  place = await ServerPlace.make();
  for (const [name, lines] of Object.entries(models)) {
    const configFile = join(place.folder, `${name}.yaml`);
    writeFileSync(configFile, ['sequenceBatching: true', ...lines, ''].join('\n'));
    await packArchive(place.store, { name, handler, configFile });
  }
  await place.start();
  api = apiOf(place);
  grpc = inferenceClient(place.grpcInference);
  for (const name of Object.keys(models)) expect((await api.register(`url=${name}.mar`)).status).toBe(200);
});
afterAll(async () => {
  grpc?.close();
  await place.close();
});

function ask(model: string, id: string, body: string | number, more: Record<string, string> = {}): Promise<Reply> {
  return api.predict(model, String(body), {
    headers: { 'content-type': 'application/octet-stream', [names.id]: id, ...more },
  });
}
const start = { [names.start]: 'True' };
const end = { [names.end]: 'True' };
const refusal = (model: string) =>
  `Model "${model}" has no worker to serve inference request. Please use scale workers API to add workers. If this is a sequence inference, please check if it is closed, or expired; or exceeds maxSequenceJobQueueSize`;

describe('sequences over REST', () => {
  it('keep their state with one worker, side by side', async () => {
    const sums = async (id: string, step: number) => {
      const seen = [];
      for (let i = 1; i <= 5; i++) seen.push((await ask('sums', id, i * step, i === 1 ? start : {})).json);
      return seen;
    };
    const all = await Promise.all([1, 2, 3, 4].map((step) => sums(`seq-${step}`, step)));
    for (const [index, answers] of all.entries()) {
      expect(answers.map(({ sum }) => sum)).toEqual([1, 3, 6, 10, 15].map((sum) => sum * (index + 1)));
      expect(new Set(answers.map(({ pid }) => pid)).size).toBe(1);
    }
    const workers = new Set(all.map(([answer]) => answer.pid));
    expect(workers.size).toBe(2);
  });

  it('answer requests that were sent at once in their order', async () => {
    await ask('sums', 'quick', 0, start);
    const answers = await Promise.all([1, 2, 3].map((number) => ask('sums', 'quick', number)));
    // Each has a connection of its own, so any order may be the one in which they came: none may overtake in the handler.
    expect(answers.map(({ json }) => json.seen).sort()).toEqual([2, 3, 4]);
    expect(Math.max(...answers.map(({ json }) => json.sum))).toBe(6);
  });

  it('get an id where they have none, which the handler sends back', async () => {
    const first = await fetch(`${place.inference}/predictions/sums`, { method: 'POST', body: new Blob(['7']) });
    const id = first.headers.get(names.id) ?? '';
    expect(id).toMatch(/^ts-seq-[0-9a-f-]{36}$/);
    expect(await first.json()).toMatchObject({ sum: 7, seen: 1 });
    expect((await ask('sums', id, 1, end)).json).toMatchObject({ sum: 8 });
  });

  it('are found in the documented spelling only', async () => {
    const answer = await fetch(`${place.inference}/predictions/sums`, {
      method: 'POST',
      body: new Blob(['7']),
      headers: { TS_REQUEST_SEQUENCE_ID: 'x' },
    });
    expect(answer.status).toBe(200);
  });

  it('of another model are its own, and one that nobody began is for the handler to judge', async () => {
    expect((await ask('few', 'seq-1', 1)).text).toBe('nothing is known of this sequence');
    expect((await ask('few', 'seq-1', 1, end)).status).toBe(200);
  });

  it('are refused beyond maxNumSequence, until one ends: by its client, or by its handler', async () => {
    expect((await ask('few', 'a', 1, start)).status).toBe(200);
    expect((await ask('few', 'b', 1, start)).status).toBe(200);
    expect(await ask('few', 'c', 1, start)).toMatchObject({
      status: 503,
      json: { code: 503, type: 'ServiceUnavailableException', message: refusal('few') },
    });
    expect((await ask('few', 'a', 1, end)).json.sum).toBe(2);
    expect((await ask('few', 'c', 5, start)).json.sum).toBe(5);
    expect((await ask('few', 'b', 'close')).text).toBe('closed');
    expect((await ask('few', 'd', 6, start)).json.sum).toBe(6);
    expect((await ask('few', 'e', 1, start)).status).toBe(503);
  });

  it('may be asked for again when they are closed: served as new ones, of which their handler knows nothing', async () => {
    expect((await ask('sums', 'again', 5, start)).json.sum).toBe(5);
    expect((await ask('sums', 'again', 'close')).text).toBe('closed');
    expect((await ask('sums', 'again', 1)).text).toBe('nothing is known of this sequence');
    expect((await ask('sums', 'again', 7, start)).json.sum).toBe(7);
    await ask('sums', 'again', 1, end);
  });

  it('are refused in any number, and nothing of them is kept', async () => {
    expect((await ask('few', 'kept', 1, start)).status).toBe(503);
    const body = 'x'.repeat(30_000);
    const flood = async (requests: number) => {
      for (let sent = 0; sent < requests; sent += 20)
        await Promise.all(Array.from({ length: 20 }, (_, index) => ask('few', `flood-${sent + index}`, body, start)));
    };
    await flood(1000);
    const before = place.residentBytes;
    // Kept, these would be 120 MB.
    await flood(4000);
    expect(place.residentBytes - before).toBeLessThan(60 * 2 ** 20);
    expect((await ask('few', 'c', 1)).json.sum).toBe(6);
  });

  it.each([
    ['an idle one', 'brief'],
    ['an old one', 'aging'],
  ])('%s makes room for the next', async (_name, model) => {
    expect((await ask(model, 'a', 1, start)).status).toBe(200);
    expect((await ask(model, 'b', 1, start)).status).toBe(503);
    await expect.poll(async () => (await ask(model, 'b', 1, start)).status, { timeout: 10_000 }).toBe(200);
  });

  it('are refused with an id that is too long', async () => {
    expect(await ask('sums', 'x'.repeat(1025), 1)).toMatchObject({
      status: 400,
      json: { type: 'BadRequestException', message: 'A sequence id has at most 1024 characters, this one 1025.' },
    });
  });

  it('are in the description, and the handler describes itself', async () => {
    const answer = await fetch(`${place.management}/models/sums?customized=true`);
    const [described] = (await answer.json()) as unknown[];
    expect(described).toMatchObject({
      stateful: true,
      sequenceMaxIdleMSec: 60000,
      sequenceTimeoutMSec: 0,
      maxNumSequence: 8,
      maxSequenceJobQueueSize: 5,
      customizedMetadata: { sequences: expect.any(Number) },
    });
  });
});

describe('sequences over gRPC', () => {
  const request = (model_name: string, sequence_id: string, body: string, more: Record<string, string> = {}) => ({
    model_name,
    sequence_id,
    input: Object.fromEntries(Object.entries({ data: body, ...more }).map(([key, value]) => [key, Buffer.from(value)])),
  });

  it('are answered in order on one call, and ids are minted', async () => {
    const call = grpc.stub.StreamPredictions2();
    const all = collect<{ prediction: Buffer; sequence_id: string }>(call);
    for (const number of [1, 2, 3])
      call.write(request('sums', 'g', String(number), number === 1 ? { [names.start]: 'true' } : {}));
    call.write(request('sums', '', '9', { [names.start]: 'true', [names.end]: 'true' }));
    call.end();
    const { messages, code } = await all;
    expect(code).toBe(0);
    const known = messages
      .filter(({ sequence_id }) => sequence_id === 'g')
      .map(({ prediction }) => JSON.parse(prediction.toString()).sum);
    expect(known).toEqual([1, 3, 6]);
    const minted = messages.find(({ sequence_id }) => sequence_id !== 'g');
    expect(minted?.sequence_id).toMatch(/^ts-seq-/);
    expect(JSON.parse(minted?.prediction.toString() ?? '').sum).toBe(9);
  });

  it('of unary calls are theirs, named or not', async () => {
    const first = await grpc.call('Predictions', request('sums', 'u', '1', { [names.start]: 'true' }));
    expect(JSON.parse(first.message.prediction).sum).toBe(1);
    const second = await grpc.call('Predictions', request('sums', 'u', '2', { [names.end]: 'true' }));
    expect(JSON.parse(second.message.prediction).sum).toBe(3);
    const unnamed = await grpc.call('Predictions', request('sums', '', '4', { [names.end]: 'true' }));
    expect(JSON.parse(unnamed.message.prediction).sum).toBe(4);
  });

  it.each([
    ['closed by their handler', 'sums', 'close later', 'it was closed by the handler'],
    ['too old', 'aging', 'sleep 1', 'it is older than 300 ms (sequenceTimeoutMSec)'],
  ])('that are %s end for what still waits of them', async (_name, model, last, why) => {
    const call = grpc.stub.StreamPredictions2();
    const all = collect<{ prediction: Buffer; status: { message: string } | null }>(call);
    await expect.poll(async () => (await ask(model, 'waits', 0, start)).status, { timeout: 10_000 }).toBe(200);
    for (const body of [last, '1']) call.write(request(model, 'waits', body));
    call.end();
    expect((await all).messages.map(({ status }) => status?.message ?? 'ok')).toEqual([
      'ok',
      `The sequence "waits" has ended: ${why}. Start it anew.`,
    ]);
  });

  it('are refused by a message with a status, and the call goes on', async () => {
    await ask('mortal', 'm1', 1, start);
    const call = grpc.stub.StreamPredictions2();
    const all = collect<{ prediction: Buffer; status: { code: number; message: string } | null }>(call);
    for (const id of ['m2', 'm3', 'm4', 'm5']) call.write(request('mortal', id, '1', { [names.start]: 'true' }));
    call.write(request('mortal', 'm2', '1', { [names.end]: 'true' }));
    call.end();
    const { messages, code } = await all;
    expect(code).toBe(0);
    expect(messages.map(({ status }) => status?.message ?? 'ok').sort()).toEqual([
      refusal('mortal'),
      'ok',
      'ok',
      'ok',
      'ok',
    ]);
  });
});

describe('the death of a worker', () => {
  it('ends its sequences, says so, and the worker comes back', async () => {
    expect((await ask('mortal', 'm1', 'die')).json).toMatchObject({
      code: 500,
      message: 'Worker died. The sequence "m1" has ended with it. Start it anew.',
    });
    expect((await ask('mortal', 'm3', 1)).json).toMatchObject({
      code: 503,
      type: 'ServiceUnavailableException',
      message: 'The sequence "m3" has ended: the worker that held it is gone. Start it anew.',
    });
    const anew = await ask('mortal', 'm3', 5, start);
    expect(anew.json).toMatchObject({ sum: 5 });
    expect((await ask('mortal', 'm3', 1)).json).toMatchObject({ sum: 6 });
    await expect.poll(async () => (await api.describe('mortal')).workers[0].status).toBe('READY');
  });
});

describe('scaling down', () => {
  it('ends the sequences of the worker that goes, and leaves the others alone', async () => {
    const ids = ['seq-1', 'seq-2', 'seq-3', 'seq-4'];
    expect((await api.scale('sums', 'min_worker=1&max_worker=1&synchronous=true')).status).toBe(200);
    const answers = await Promise.all(ids.map((id) => ask('sums', id, 0)));
    const gone = answers.filter(({ status }) => status === 503);
    expect(gone.length).toBeGreaterThan(0);
    for (const { json } of gone) expect(json.message).toContain('the worker that held it is gone');
    for (const { json } of answers.filter(({ status }) => status === 200)) expect(json.sum).toBeGreaterThan(0);
  });
});
