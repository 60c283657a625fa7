import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiOf } from '../support/api.js';
import { packArchive } from '../support/archive.js';
import { collect, type GrpcClient, inferenceClient } from '../support/grpc.js';
import { projectRoot } from '../support/release.js';
import { ServerPlace } from '../support/server.js';
import { sequenceHeaders as names } from '../support/version-settings.js';
import { WebSocketClient } from '../support/web-socket-client.js';

const megabyte = 2 ** 20;
const fixture = (name: string) => join(projectRoot, `test/fixtures/handlers/${name}.py`);

let place: ServerPlace;
let api: ReturnType<typeof apiOf>;
let grpc: GrpcClient;
let files = 0;

beforeAll(async () => {
  place = await ServerPlace.make();
  for (const name of ['misbehave', 'pours']) await packArchive(place.store, { name, handler: fixture(name) });
  const configFile = join(place.folder, 'sums.yaml');
  writeFileSync(configFile, 'sequenceBatching: true\nmaxNumSequence: 2\nminWorkers: 1\nmaxWorkers: 1\n');
  await packArchive(place.store, { name: 'sums', handler: fixture('running_sum'), configFile });
  await place.start({
    config: [
      'default_workers_per_model=1',
      'disable_token_authorization=true',
      'enable_model_api=true',
      'stream_stall_timeout=3',
      'websocket_ping_interval=1',
    ],
  });
  api = apiOf(place);
  grpc = inferenceClient(place.grpcInference);
  for (const name of ['misbehave', 'pours', 'sums'])
    expect((await api.register(`url=${name}.mar&initial_workers=1&synchronous=true`)).status).toBe(200);
});
afterAll(async () => {
  grpc?.close();
  await place?.close();
});

const ask = (model: string, body: string, headers: Record<string, string> = {}) =>
  api.predict(model, body, { headers: { 'content-type': 'application/octet-stream', ...headers } });
const open = (model: string, protocols: string[] = [], headers: Record<string, string> = {}) =>
  WebSocketClient.connect(`${place.inference.replace('http', 'ws')}/predictions/${model}`, protocols, { headers });
const pending = async () => (await api.describe('misbehave')).jobQueueStatus.pendingRequests;
const newFile = () => join(place.folder, `file-${files++}`);
const told = (file: string) => existsSync(file) && readFileSync(file, 'utf8');
/** What `pours` is asked for: so many megabytes, and a file that says how far it is. */
const pouring = (pieces: number, progress = newFile()) => JSON.stringify({ pieces, size: megabyte, progress });

/** Asks the one worker of `pours` for nothing, once it has begun what this file tells of. */
async function nextOfPours(progress: string): Promise<void> {
  await expect.poll(() => existsSync(progress), { timeout: 10_000 }).toBe(true);
  expect((await ask('pours', pouring(0))).text).toBe('end');
}

/** What it grows to while the server has `work`, beyond what it holds before. */
async function growth(work: () => Promise<unknown>): Promise<number> {
  const before = place.residentBytes;
  let most = before;
  const watch = setInterval(() => {
    most = Math.max(most, place.residentBytes);
  }, 20);
  try {
    await work();
  } finally {
    clearInterval(watch);
  }
  return most - before;
}

describe('a WebSocket client that', () => {
  it('floods is held up, and every message is answered', async () => {
    const client = await open('misbehave');
    const messages = 4000;
    const held = await growth(async () => {
      client.send('sleep 4');
      // Held by the server, these would be 80 MB.
      for (let sent = 1; sent < messages; sent += 1) client.send(Buffer.alloc(20_000, 'x'));
      await sleep(1500);
    });
    expect(held).toBeLessThan(40 * megabyte);
    expect(client.socket.bufferedAmount).toBeGreaterThan(50 * megabyte);
    expect(await client.take(messages)).toHaveLength(messages);
    await client.close();
  });

  it('never reads is cut off, and the worker is free for others', async () => {
    const client = await open('pours');
    const progress = newFile();
    client.send(pouring(10_000, progress)).socket.pause();
    expect(await growth(() => nextOfPours(progress))).toBeLessThan(60 * megabyte);
    client.socket.resume();
    await once(client.socket, 'close');
  });

  it('vanishes without a word is cut off when it answers no ping, and the handler hears of it', async () => {
    const file = newFile();
    const { hostname, port } = new URL(place.inference);
    const socket = connect(Number(port), hostname);
    socket.write(
      'GET /predictions/misbehave HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    );
    await once(socket, 'data');
    socket.write(textFrame(`wait-for-cancel ${file}`));
    await once(socket.resume(), 'close');
    await expect.poll(() => told(file), { timeout: 10_000 }).toBe('cancelled');
  });

  it('breaks off is gone from the handler at once', async () => {
    const file = newFile();
    const client = await open('misbehave');
    client.send(`wait-for-cancel ${file}`).send(`wait-for-cancel ${file}`);
    // One is in the worker's hands then.
    await expect.poll(pending).toBe(1);
    client.socket.terminate();
    await expect.poll(() => told(file), { timeout: 5000 }).toBe('cancelled');
    expect(await pending()).toBe(0);
  });
});

describe('a WebSocket client of a stateful model', () => {
  const json = (message: unknown) => JSON.parse((message as { text: string }).text);

  it('speaks for no sequence but its own', async () => {
    const id = { [names.id]: 'mine' };
    expect((await ask('sums', '5', { ...id, [names.start]: 'true' })).json.sum).toBe(5);
    const client = await open('sums', [], { ...id, [names.start]: 'true', [names.end]: 'true' });
    client.send('1').send('2');
    expect((await client.take(2)).map((message) => json(message).sum)).toEqual([1, 3]);
    await client.close();
    expect((await ask('sums', '1', { ...id, [names.end]: 'true' })).json.sum).toBe(6);
  });

  it('is refused beyond maxNumSequence, message by message, until another one leaves', async () => {
    const clients = [await open('sums'), await open('sums'), await open('sums')] as const;
    for (const client of clients.slice(0, 2)) expect(json(await client.send('1').next()).sum).toBe(1);
    expect(json(await clients[2].send('1').next())).toMatchObject({
      code: 503,
      type: 'ServiceUnavailableException',
      message: expect.stringMatching(/^Model "sums" has no worker to serve inference request\./),
    });
    await clients[0].close();
    await expect.poll(async () => json(await clients[2].send('4').next()).sum).toBe(4);
    await Promise.all(clients.map((client) => client.close()));
  });
});

describe('a gRPC client that', () => {
  const request = (model_name: string, body: string) => ({ model_name, input: { body: Buffer.from(body) } });

  it('never reads a stream is cut off, and the worker is free for others', async () => {
    const progress = newFile();
    const call = grpc.stub.StreamPredictions(request('pours', pouring(10_000, progress)));
    const ended = collect(call);
    call.pause();
    expect(await growth(() => nextOfPours(progress))).toBeLessThan(60 * megabyte);
    call.resume();
    expect(await ended).toMatchObject({
      code: status.DEADLINE_EXCEEDED,
      details: expect.stringContaining('stream_stall_timeout'),
    });
  });

  it('floods a two-way call is held up, and every message is answered', async () => {
    const call = grpc.stub.StreamPredictions2();
    const ended = collect<{ status: object | null }>(call);
    const messages = 4000;
    const grown = await growth(async () => {
      for (let sent = 0; sent < messages; sent += 1)
        // Held by the server, these would be 80 MB. All but one at a time are of a sequence whose queue is full.
        call.write({ ...request('sums', `${sent}`.padStart(20_000, '0')), sequence_id: 'flood' });
      call.end();
      const { messages: answers, code } = await ended;
      expect([answers.length, code]).toEqual([messages, 0]);
    });
    expect(grown).toBeLessThan(60 * megabyte);
  });
});

/** A short text message as a client sends it, masked with zeros. */
function textFrame(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);
}
