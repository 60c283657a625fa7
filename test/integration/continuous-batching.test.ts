import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiOf } from '../support/api.js';
import { packArchive } from '../support/archive.js';
import { collect, type GrpcClient, inferenceClient } from '../support/grpc.js';
import { projectRoot } from '../support/release.js';
import { ServerPlace } from '../support/server.js';
import { sequenceHeaders as names } from '../support/version-settings.js';

const handler = join(projectRoot, 'test/fixtures/handlers/step_by_step.py');
let place: ServerPlace;
let grpc: GrpcClient;

const models = {
  steps: ['batchSize: 2'],
  dialogue: ['batchSize: 2', 'sequenceBatching: true', 'sequenceMaxIdleMSec: 60000', 'maxNumSequence: 4'],
};

beforeAll(async () => {
  place = await ServerPlace.make();
  for (const [name, lines] of Object.entries(models)) {
    const configFile = join(place.folder, `${name}.yaml`);
    writeFileSync(configFile, ['continuousBatching: true', 'minWorkers: 1', 'maxWorkers: 1', ...lines, ''].join('\n'));
    await packArchive(place.store, { name, handler, configFile });
  }
  await place.start();
  grpc = inferenceClient(place.grpcInference);
  for (const name of Object.keys(models)) expect((await apiOf(place).register(`url=${name}.mar`)).status).toBe(200);
});
afterAll(async () => {
  grpc?.close();
  await place.close();
});

function ask(model: string, body: object, init: RequestInit = {}): Promise<Response> {
  return fetch(`${place.inference}/predictions/${model}`, { method: 'POST', body: JSON.stringify(body), ...init });
}
/** fetch gives a text body the type text/plain, which handlers would get as text. */
const plain = { 'content-type': 'application/octet-stream' };

/** Counts of the pieces, and how many requests ran in each of their steps. */
function read(text: string): { pieces: number; together: number[] } {
  const words = text.trim().split(' ');
  return { pieces: words.length, together: words.map((word) => Number(word.split('/')[1])) };
}

async function firstChunk(response: Response) {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  await reader.read();
  return reader;
}

describe('a batch that runs', () => {
  it('streams a piece a step', async () => {
    const response = await ask('steps', { pieces: 3 }, { headers: plain });
    expect(response.headers.get('ts_stream_next')).toBe('true');
    expect(await response.text()).toBe('1/1 2/1 3/1 ');
  });

  it('is joined by a late-comer, whose answer is whole before the other ends', async () => {
    const long = await ask('steps', { pieces: 60, pause: 0.02 }, { headers: plain });
    const late = read(await (await ask('steps', { pieces: 3 }, { headers: plain })).text());
    expect(late.together).toEqual([2, 2, 2]);
    const { pieces, together } = read(await long.text());
    expect(pieces).toBe(60);
    expect(together.filter((count) => count === 2).length).toBe(3);
  });

  it('never has more than its slots, and serves everyone in turn', async () => {
    const bodies = await Promise.all(
      [1, 2, 3, 4, 5].map(async () => (await ask('steps', { pieces: 5, pause: 0.01 }, { headers: plain })).text()),
    );
    for (const { pieces, together } of bodies.map(read)) {
      expect(pieces).toBe(5);
      expect(Math.max(...together)).toBeLessThanOrEqual(2);
    }
  });

  it('frees the slot of a client that leaves, and the handler sees that it is gone', async () => {
    const leaving = new AbortController();
    const response = await ask('steps', { pieces: 100_000, pause: 0.01 }, { headers: plain, signal: leaving.signal });
    const id = response.headers.get('x-request-id');
    await firstChunk(response);
    leaving.abort();
    await expect
      .poll(async () => (await ask('steps', { tell: true }, { headers: plain })).json())
      .toMatchObject({ dropped: [id], running: 1 });
  });

  it('describes itself while it runs', async () => {
    const long = await ask('steps', { pieces: 60, pause: 0.02 }, { headers: plain });
    const [described] = (await (await fetch(`${place.management}/models/steps?customized=true`)).json()) as unknown[];
    expect(described).toMatchObject({ continuousBatching: true, customizedMetadata: { running: 1 } });
    expect(read(await long.text()).pieces).toBe(60);
  });

  it('answers in whole what does not stream', async () => {
    const response = await ask('steps', { tell: true }, { headers: plain });
    expect(response.headers.get('ts_stream_next')).toBe(null);
    expect(response.headers.get('transfer-encoding')).toBe(null);
  });

  it('fails as a whole where the handler fails, and the next are served', async () => {
    const response = await ask('steps', { pieces: 100_000, pause: 0.01 }, { headers: plain });
    const broken = await fetch(`${place.inference}/predictions/steps`, {
      method: 'POST',
      body: 'no JSON',
      headers: plain,
    });
    expect(broken.status).toBe(503);
    await expect(response.text()).rejects.toThrow();
    expect(await (await ask('steps', { pieces: 1 }, { headers: plain })).text()).toBe('1/1 ');
  });
});

describe('over gRPC', () => {
  const request = (model_name: string, body: object, more = {}) => ({
    model_name,
    input: { body: Buffer.from(JSON.stringify(body)) },
    ...more,
  });

  it('StreamPredictions brings the pieces, Predictions all of them', async () => {
    const { messages, code } = await collect<{ prediction: Buffer }>(
      grpc.stub.StreamPredictions(request('steps', { pieces: 3 })),
    );
    expect(code).toBe(0);
    expect(messages.map(({ prediction }) => prediction.toString())).toEqual(['1/1 ', '2/1 ', '3/1 ']);
    const { message } = await grpc.call('Predictions', request('steps', { pieces: 2 }));
    expect(message.prediction.toString()).toBe('1/1 2/1 ');
  });

  it('a cancelled call frees its slot', async () => {
    const call = grpc.stub.StreamPredictions(request('steps', { pieces: 100_000, pause: 0.01 }));
    const ended = collect(call);
    await new Promise((resolve) => call.once('data', resolve));
    call.cancel();
    expect((await ended).code).toBe(1);
    await expect
      .poll(
        async () =>
          ((await (await ask('steps', { tell: true }, { headers: plain })).json()) as { running: number }).running,
      )
      .toBe(1);
  });
});

describe('with sequences', () => {
  it('a request stops one of the same sequence that streams, and the sequence ends', async () => {
    const headers = { ...plain, [names.id]: 'talk', [names.start]: 'true' };
    const long = await ask('dialogue', { pieces: 100_000, pause: 0.01 }, { headers });
    const other = await ask('dialogue', { pieces: 40, pause: 0.01 }, { headers: { ...plain, [names.id]: 'other' } });
    const stop = await ask('dialogue', { stop: true }, { headers: { ...plain, [names.id]: 'talk' } });
    expect(await stop.text()).toBe('stopped');
    expect(read(await long.text()).pieces).toBeLessThan(100_000);
    expect(read(await other.text()).pieces).toBe(40);
    expect(stop.headers.get(names.end)).toBe('talk');
  });
});
