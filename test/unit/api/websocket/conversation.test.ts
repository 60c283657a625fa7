import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TokenKeys } from '../../../../src/api/auth/token-keys.js';
import type { FrontDoorConfig } from '../../../../src/api/http/front-doors.js';
import { bytesOf, type InferenceInput } from '../../../../src/batching/inference.js';
import { ServingError } from '../../../../src/errors/serving-error.js';
import { type OpenDoors, openDoors } from '../../../support/open-doors.js';
import { WebSocketClient } from '../../../support/web-socket-client.js';

let open: OpenDoors;
const clients: WebSocketClient[] = [];
beforeEach(async () => {
  open = await openDoors();
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.socket.terminate();
  await open.doors.close({ graceMs: 0 });
});

async function reopen(change: Partial<FrontDoorConfig>): Promise<void> {
  await open.doors.close({ graceMs: 0 });
  open = await openDoors(change);
}

async function connect(path = '/predictions/echo', protocols: string[] = [], headers: Record<string, string> = {}) {
  const client = await WebSocketClient.connect(`${open.url().replace('http', 'ws')}${path}`, protocols, { headers });
  clients.push(client);
  return client;
}

const bodyOf = ({ parameters }: InferenceInput) => Buffer.from(bytesOf(parameters[0]?.value ?? new Uint8Array()));
const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function* pieces(...parts: (string | Buffer | Error)[]) {
  for (const part of parts) {
    if (part instanceof Error) throw part;
    yield Buffer.from(part);
  }
}

describe('a message is a request', () => {
  test('text and bytes, with the headers of the connection and those of the route', async () => {
    open.serving.add('echo', '2.0', (input) => ({ body: bodyOf(input) }));
    const client = await connect('/predictions/echo/2.0/a/b', [], { 'X-Own': 'yes' });
    client.send('text').send(Buffer.from([1, 255]));
    expect(await client.take(2)).toEqual([{ text: 'text' }, { bytes: Buffer.from([1, 255]) }]);
    const [first, second] = open.serving.inputs;
    expect(first?.parameters).toEqual([{ name: 'body', contentType: 'text/plain', value: Buffer.from('text') }]);
    expect(second?.parameters[0]?.contentType).toBe('application/octet-stream');
    expect(first?.requestId).not.toBe(second?.requestId);
    const headers = Object.fromEntries(
      (first?.headers ?? []).flatMap((name, index, all) => (index % 2 === 0 ? [[name, all[index + 1]]] : [])),
    );
    expect(headers).toMatchObject({ 'X-Own': 'yes', url_path: 'a/b', explain: 'False', 'content-length': '4' });
    expect(Object.keys(headers).join()).not.toMatch(/upgrade|connection|sec-websocket/i);
    expect(open.accesses).toMatchObject([{ status: 101, uri: '/predictions/echo/2.0/a/b' }]);
  });

  test('of the media type that the query names', async () => {
    const client = await connect('/predictions/echo?content_type=application/json');
    await client.send('{"a": 1}').next();
    expect(open.serving.inputs[0]?.parameters[0]?.contentType).toBe('application/json');
  });

  test('results come in the order of the requests', async () => {
    open.serving.add('slow', '1.0', async (input) => {
      if (bodyOf(input).toString() === 'first') await later(50);
      return { body: bodyOf(input) };
    });
    const client = await connect('/predictions/slow');
    client.send('first').send('second').send('third');
    expect(await client.take(3)).toEqual([{ text: 'first' }, { text: 'second' }, { text: 'third' }]);
  });

  test('one that fails is answered, and the conversation goes on', async () => {
    open.serving.add('picky', '1.0', (input) => {
      if (bodyOf(input).length === 0) throw new ServingError('unavailable', 'Prediction failed');
      return { body: bodyOf(input) };
    });
    const client = await connect('/predictions/picky');
    client.send('').send('good');
    const [failed, answered] = await client.take(2);
    expect(JSON.parse((failed as { text: string }).text)).toEqual({
      code: 503,
      type: 'ServiceUnavailableException',
      message: 'Prediction failed',
    });
    expect(answered).toEqual({ text: 'good' });
    open.serving.models.delete('picky');
    expect(await client.send('late').next()).toEqual({ text: expect.stringContaining('ModelNotFoundException') });
  });
});

describe('a result', () => {
  test('is text where the handler calls it so, whatever was asked', async () => {
    const answers: [string, string[], Buffer][] = [
      ['json', ['Content-Type', 'application/json'], Buffer.from('{}')],
      ['image', ['content-type', 'image/png'], Buffer.from('png')],
      ['broken', ['content-type', 'text/plain'], Buffer.from([255])],
    ];
    for (const [name, headers, body] of answers) open.serving.add(name, '1.0', () => ({ headers, body }));
    const ask = async (name: string) => (await connect(`/predictions/${name}`)).send(Buffer.from('?')).next();
    expect(await ask('json')).toEqual({ text: '{}' });
    expect(await ask('image')).toEqual({ bytes: Buffer.from('png') });
    expect(await ask('broken')).toEqual({ bytes: Buffer.from([255]) });
  });

  test('in pieces is a message for each, and an empty one at the end', async () => {
    open.serving.add('stream', '1.0', () => ({ body: Buffer.from('one'), rest: pieces('two', '', 'three') }));
    const client = await connect('/predictions/stream');
    client.send('?').send('?');
    const once = [{ text: 'one' }, { text: 'two' }, { text: 'three' }, { text: '' }];
    expect(await client.take(8)).toEqual([...once, ...once]);
  });

  test('as an event names its request', async () => {
    const rest = () => pieces('two', Buffer.from([255]), new ServingError('internal', 'Worker died.'));
    open.serving.add('stream', '1.0', () => ({ body: Buffer.from('one'), rest: rest() }));
    open.serving.add('whole', '1.0', () => ({ status: 201, headers: ['x-a', 'b'], body: Buffer.from('all') }));
    const streamed = await connect('/predictions/stream', ['torchbridge.events']);
    expect((await streamed.send('?').take(4)).map((message) => JSON.parse((message as { text: string }).text))).toEqual(
      [
        { request: 0, event: 'piece', status: 200, headers: {}, data: 'one' },
        { request: 0, event: 'piece', data: 'two' },
        { request: 0, event: 'piece', base64: '/w==' },
        { request: 0, event: 'error', code: 500, type: 'InternalServerException', message: 'Worker died.' },
      ],
    );
    const whole = await connect('/predictions/whole', ['unknown', 'torchbridge.events']);
    const last = (await whole.send('?').send('?').take(2))[1] as { text: string };
    expect(JSON.parse(last.text)).toEqual({
      request: 1,
      event: 'result',
      status: 201,
      headers: { 'x-a': 'b' },
      data: 'all',
    });
    expect(whole.socket.protocol).toBe('torchbridge.events');
  });
});

describe('a stateful model', () => {
  test('sees one sequence a connection: begun by the first message, ended with the connection', async () => {
    open.serving.add('stateful', '1.0', (input) => ({ body: bodyOf(input) }), { stateful: true });
    const client = await connect('/predictions/stateful');
    await client.send('a').send('b').take(2);
    await client.close();
    await expect.poll(() => open.serving.inputs.length).toBe(3);
    const said = open.serving.inputs.map(({ headers }) => headers.slice(headers.indexOf('ts_request_sequence_id')));
    const id = said[0]?.[1];
    expect(said).toEqual([
      ['ts_request_sequence_id', id, 'ts_request_sequence_start', 'true'],
      ['ts_request_sequence_id', id],
      ['ts_request_sequence_id', id, 'ts_request_sequence_end', 'true'],
    ]);
  });

  test('is asked one message at a time', async () => {
    let most = 0;
    let now = 0;
    open.serving.add(
      'stateful',
      '1.0',
      async () => {
        most = Math.max(most, ++now);
        await later(5);
        now -= 1;
        return {};
      },
      { stateful: true },
    );
    const client = await connect('/predictions/stateful');
    for (let count = 0; count < 5; count += 1) client.send('x');
    await client.take(5);
    expect(most).toBe(1);
  });
});

describe('the handshake is refused', () => {
  const refused = (path: string, protocols: string[] = [], headers: Record<string, string> = {}) =>
    expect(connect(path, protocols, headers)).rejects;

  test('for what is no model, as REST would', async () => {
    await refused('/predictions/none').toThrow(/^404 .*ModelNotFoundException/s);
    await refused('/predictions/echo/9.9').toThrow(/^404 .*ModelVersionNotFoundException/s);
    await refused('/none').toThrow(/^404 .*ResourceNotFoundException/s);
    await refused('/ping').toThrow(/^400 .*WebSocket is spoken at \/predictions/s);
    expect(open.accesses.map(({ status }) => status)).toEqual([404, 404, 404, 400]);
  });

  test('for a page of another site, and for a name that was rebound to this machine', async () => {
    await refused('/predictions/echo', [], { Origin: 'http://evil.example' }).toThrow(/^403 .*ForbiddenOrigin/s);
    await refused('/predictions/echo', [], { Host: 'evil.example' }).toThrow(/^403 .*ForbiddenOrigin/s);
    await connect('/predictions/echo', [], { Origin: open.url() });
  });

  test('without a token where one is asked for; a page may show it as a protocol', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tb-ws-'));
    await open.doors.close({ graceMs: 0 });
    open = await openDoors({}, { tokens: await TokenKeys.create(folder, 60) });
    const { inference } = JSON.parse(readFileSync(join(folder, 'key_file.json'), 'utf8'));
    rmSync(folder, { recursive: true });
    await refused('/predictions/echo').toThrow(/^400 .*InvalidKeyException/s);
    await refused('/predictions/echo', ['torchbridge.bearer.wrong']).toThrow(/^400 .*InvalidKeyException/s);
    await connect('/predictions/echo', [], { Authorization: `Bearer ${inference.key}` });
    const client = await connect('/predictions/echo', ['torchbridge.raw', `torchbridge.bearer.${inference.key}`]);
    expect(client.socket.protocol).toBe('torchbridge.raw');
    await client.send('x').next();
    expect(JSON.stringify(open.serving.inputs)).not.toContain(inference.key);
  });
});

describe('bad clients', () => {
  test('a message larger than max_request_size ends the connection', async () => {
    await reopen({ maxRequestSize: 10 });
    const client = await connect();
    expect(await client.send('x'.repeat(11)).next()).toEqual({ closed: 1009 });
  });

  test('one that floods has no more than a window of requests under way', async () => {
    let now = 0;
    let most = 0;
    const waiting: (() => void)[] = [];
    open.serving.add('slow', '1.0', async () => {
      most = Math.max(most, ++now);
      await new Promise<void>((resolve) => waiting.push(resolve));
      now -= 1;
      return {};
    });
    const client = await connect('/predictions/slow');
    for (let count = 0; count < 1000; count += 1) client.send('x');
    await expect.poll(() => most).toBe(64);
    const letGo = setInterval(() => waiting.splice(0).forEach((go) => void go()), 1);
    await client.take(1000);
    clearInterval(letGo);
    expect(most).toBe(64);
  });

  test('one that vanishes cancels what it asked', async () => {
    open.serving.add(
      'slow',
      '1.0',
      (_input, signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('gone')))),
    );
    const client = await connect('/predictions/slow');
    client.send('x').send('y');
    await expect.poll(() => open.serving.inputs.length).toBe(2);
    client.socket.terminate();
    await expect.poll(() => open.serving.cancelled).toBeGreaterThanOrEqual(2);
  });

  test('one that reads nothing is cut off', async () => {
    await reopen({ streamStallTimeout: 0.1 });
    async function* endless() {
      for (;;) yield Buffer.alloc(1 << 20);
    }
    open.serving.add('stream', '1.0', () => ({ body: Buffer.from('one'), rest: endless() }));
    const client = await connect('/predictions/stream');
    client.send('x').socket.pause();
    await expect.poll(() => open.serving.cancelled, { timeout: 10_000 }).toBeGreaterThan(0);
  });

  test('one that answers no ping is cut off, one that does is not', async () => {
    await reopen({ websocketPingInterval: 0.05 });
    const alive = await connect();
    const silent = await connect();
    silent.socket.pause();
    await later(300);
    silent.socket.resume();
    expect(await silent.next()).toEqual({ closed: 1006 });
    expect(await alive.send('x').next()).toHaveProperty('text');
  });
});

describe('closing', () => {
  test('what was asked is answered, then the connection ends with 1001', async () => {
    open.serving.add('slow', '1.0', async () => {
      await later(50);
      return { body: Buffer.from('done') };
    });
    const busy = await connect('/predictions/slow');
    const idle = await connect();
    busy.send('x');
    await expect.poll(() => open.serving.inputs.length).toBe(1);
    await open.doors.close({ graceMs: 5000 });
    expect(await busy.take(2)).toEqual([{ text: 'done' }, { closed: 1001 }]);
    expect(await idle.next()).toEqual({ closed: 1001 });
  });

  test('what outlives the grace is cut', async () => {
    open.serving.add('stuck', '1.0', () => new Promise(() => {}));
    const client = await connect('/predictions/stuck');
    client.send('x');
    await expect.poll(() => open.serving.inputs.length).toBe(1);
    await open.doors.close({ graceMs: 50 });
    expect(await client.next()).toEqual({ closed: 1006 });
  });
});

describe('a wish for another protocol is not heeded', () => {
  test('a client that prefers HTTP/2 gets its answer over HTTP/1.1, body and pipelining included', async () => {
    const connection = open.connect();
    const wish = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAA\r\n';
    connection.write(
      `POST /predictions/echo HTTP/1.1\r\n${wish}Content-Length: 4\r\n\r\nbodyGET /ping HTTP/1.1\r\n\r\n`,
    );
    expect((await connection.response()).status).toBe(200);
    expect((await connection.response()).body.toString()).toContain('Healthy');
    expect(bodyOf(open.serving.inputs[0] as InferenceInput).toString()).toBe('body');
    connection.close();
  });

  test('nor is a malformed one for WebSocket', async () => {
    const ask = (lines: string) => open.raw(`GET /ping HTTP/1.1\r\nConnection: Upgrade\r\n${lines}\r\n`);
    expect((await ask('Upgrade: websocket\r\n')).status).toBe(200);
    expect((await ask('Upgrade: websocket\r\nSec-WebSocket-Key: short\r\n')).status).toBe(200);
  });
});
