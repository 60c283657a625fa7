import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ServingError } from '../../../../src/errors/serving-error.js';
import { type OpenDoors, openDoors } from '../../../support/open-doors.js';
import { RawConnection } from '../../../support/raw-http.js';

let open: OpenDoors;
beforeEach(async () => {
  open = await openDoors({ maxRequestSize: 1000 });
});
afterEach(() => open.doors.close({ graceMs: 0 }));

const INVALID = { code: 400, type: 'BadRequestException', message: 'Invalid HTTP message.' };
const document = (body: Buffer) => JSON.parse(body.toString()) as Record<string, unknown>;
const header = (headers: readonly (readonly [string, string])[], name: string) =>
  headers.find(([key]) => key === name)?.[1];

describe('keep-alive', () => {
  test.each([
    ['GET /ping HTTP/1.1\r\n\r\n', 'keep-alive'],
    ['GET /ping HTTP/1.1\r\nConnection: close\r\n\r\n', 'close'],
    ['GET /ping HTTP/1.0\r\n\r\n', 'close'],
    ['GET /ping HTTP/1.0\r\nConnection: keep-alive\r\n\r\n', 'keep-alive'],
    ['GET /none HTTP/1.1\r\nConnection: close\r\n\r\n', 'close'],
  ])('%j: %s', async (text, wish) => {
    const connection = open.connect().write(text);
    const { statusLine, headers } = await connection.response();
    expect(statusLine).toMatch(/^HTTP\/1\.1 /);
    expect(headers.at(-1)).toEqual(['connection', wish]);
    if (wish === 'close') await connection.closed();
    else expect((await connection.write('GET /ping HTTP/1.1\r\n\r\n').response()).status).toBe(200);
    connection.close();
  });

  test('pipelined requests are answered in order, each with its id', async () => {
    open.serving.add('slow', '1.0', async () => {
      await sleep(50);
      return { body: Buffer.from('slow') };
    });
    const connection = open.connect();
    connection.write(
      'POST /predictions/slow HTTP/1.1\r\ncontent-length: 1\r\n\r\nxGET /ping HTTP/1.1\r\n\r\nGET /none HTTP/1.1\r\n\r\n',
    );
    const answers = [await connection.response(), await connection.response(), await connection.response()];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 404]);
    expect(answers[0]?.body.toString()).toBe('slow');
    expect(new Set(answers.map(({ headers }) => header(headers, 'x-request-id'))).size).toBe(3);
    connection.close();
  });

  test('what comes before garbage is answered before the garbage is', async () => {
    open.serving.add('slow', '1.0', async () => {
      await sleep(50);
      return { body: Buffer.from('slow') };
    });
    const connection = open.connect().write('GET /predictions/slow HTTP/1.1\r\n\r\n');
    await sleep(10);
    connection.write('garbage\r\n\r\n');
    expect((await connection.response()).body.toString()).toBe('slow');
    expect((await connection.response()).status).toBe(400);
    await connection.closed();
  });

  test('a request that comes in small pieces', async () => {
    const connection = open.connect();
    for (const piece of ['PO', 'ST /predictions/echo HTT', 'P/1.1\r\ncontent-le', 'ngth: 4\r\n', '\r\nab', 'cd']) {
      connection.write(piece);
      await sleep(5);
    }
    expect(document((await connection.response()).body)).toMatchObject({ parameters: [{ value: 'abcd' }] });
    connection.close();
  });
});

describe('messages that cannot be read', () => {
  test.each([
    'garbage\r\n\r\n',
    'FOO /ping HTTP/1.1\r\n\r\n',
    'GET /ping HTTP/3.7\r\n\r\n',
    'GET /pi ng HTTP/1.1\r\n\r\n',
    'GET /ping HTTP/1.1\r\ncontent-length: abc\r\n\r\n',
    'POST /ping HTTP/1.1\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    'POST /ping HTTP/1.1\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabc',
    'POST /predictions/echo HTTP/1.1\r\ntransfer-encoding: gzip\r\n\r\n',
    'GET /ping HTTP/1.1\r\nbad header: x\r\n\r\n',
    `GET /${'x'.repeat(5000)} HTTP/1.1\r\n\r\n`,
    `GET /ping HTTP/1.1\r\nx: ${'y'.repeat(9000)}\r\n\r\n`,
    `GET /ping HTTP/1.1\r\nx: ${'y'.repeat(90_000)}\r\n\r\n`,
    `GET /ping HTTP/1.1\r\n${'x: y\r\n'.repeat(3000)}\r\n`,
  ])('case %$', async (text) => {
    const { status, headers, body } = await open.raw(text, 'inference', 'GET');
    expect(document(body)).toEqual(INVALID);
    expect(status).toBe(400);
    expect(headers.map(([name]) => name)).toEqual([
      'content-type',
      'x-request-id',
      'Pragma',
      'Cache-Control',
      'Expires',
      'content-length',
      'connection',
    ]);
  });

  test('a bad chunk in a body', async () => {
    const connection = open.connect();
    connection.write('POST /predictions/echo HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n');
    expect(document((await connection.response()).body)).toEqual(INVALID);
    await connection.closed();
    expect(open.serving.inputs).toEqual([]);
    connection.close();
    expect((await open.raw('GET /ping HTTP/1.1\r\n\r\n')).status).toBe(200);
  });

  test('a request line and headers up to the limits are taken', async () => {
    const line = `GET /ping?${'x'.repeat(4000)} HTTP/1.1`;
    expect((await open.raw(`${line}\r\nx: ${'y'.repeat(8000)}\r\n\r\n`)).status).toBe(200);
  });
});

describe('max_request_size', () => {
  const tooLarge = { code: 413, type: 'RequestEntityTooLargeException' };

  test('exactly as many bytes are taken', async () => {
    const { status } = await open.raw(
      `POST /predictions/echo HTTP/1.1\r\ncontent-length: 1000\r\n\r\n${'x'.repeat(1000)}`,
    );
    expect(status).toBe(200);
  });

  test('one more is refused, and the connection goes on', async () => {
    const connection = open.connect();
    connection.write(`POST /predictions/echo HTTP/1.1\r\ncontent-length: 1001\r\n\r\n${'x'.repeat(1001)}`);
    const { status, body, headers } = await connection.response();
    expect(status).toBe(413);
    expect(document(body)).toMatchObject(tooLarge);
    expect(header(headers, 'connection')).toBe('keep-alive');
    expect((await connection.write('GET /ping HTTP/1.1\r\n\r\n').response()).status).toBe(200);
    connection.close();
    expect(open.serving.inputs).toEqual([]);
  });

  test('a chunked body too, as soon as it is over', async () => {
    const connection = open.connect();
    const chunk = `200\r\n${'x'.repeat(512)}\r\n`;
    connection.write(`POST /predictions/echo HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n${chunk}${chunk}`);
    expect(document((await connection.response()).body)).toMatchObject(tooLarge);
    connection.write(`${chunk}0\r\n\r\nGET /ping HTTP/1.1\r\n\r\n`);
    expect((await connection.response()).status).toBe(200);
    connection.close();
  });

  test('management bodies are limited as well', async () => {
    const { body } = await open.raw(
      'POST /models HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: 5000\r\n\r\n',
      'management',
    );
    expect(document(body)).toMatchObject(tooLarge);
  });
});

describe('Expect', () => {
  test('100-continue is granted where the body is wanted', async () => {
    const connection = open.connect();
    connection.write('POST /predictions/echo HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 3\r\n\r\n');
    expect((await connection.response()).statusLine).toBe('HTTP/1.1 100 Continue');
    expect(document((await connection.write('abc').response()).body)).toMatchObject({ parameters: [{ value: 'abc' }] });
    expect((await connection.write('GET /ping HTTP/1.1\r\n\r\n').response()).status).toBe(200);
    connection.close();
  });

  test('it is granted for a chunked body', async () => {
    const connection = open.connect();
    connection.write('POST /predictions/echo HTTP/1.1\r\nexpect: 100-continue\r\ntransfer-encoding: chunked\r\n\r\n');
    expect((await connection.response()).status).toBe(100);
    expect((await connection.write('1\r\na\r\n0\r\n\r\n').response()).status).toBe(200);
    connection.close();
  });

  test.each([
    ['POST /predictions/echo', 'content-length: 5000', 413],
    ['POST /none', 'content-length: 3', 404],
  ])('a refused %s never asks for its body', async (line, length, status) => {
    const connection = open.connect().write(`${line} HTTP/1.1\r\nexpect: 100-continue\r\n${length}\r\n\r\n`);
    const response = await connection.response();
    expect(response.status).toBe(status);
    expect(header(response.headers, 'connection')).toBe('close');
    await connection.closed();
  });

  test('anything else is 417 and nothing more', async () => {
    const { status, headers, body } = await open.raw('GET /ping HTTP/1.1\r\nexpect: tea\r\n\r\n');
    expect([status, body.length]).toEqual([417, 0]);
    expect(headers).toEqual([
      ['content-length', '0'],
      ['connection', 'keep-alive'],
    ]);
  });
});

describe('a client that goes away', () => {
  test('its inference is cancelled', async () => {
    let began = () => {};
    const begun = new Promise<void>((resolve) => {
      began = resolve;
    });
    open.serving.add('long', '1.0', (_input, signal) => {
      began();
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('cancelled'))));
    });
    const connection = open.connect().write('GET /predictions/long HTTP/1.1\r\n\r\n');
    await begun;
    connection.close();
    await expect.poll(() => open.serving.cancelled).toBe(1);
    expect(open.errors).toEqual([]);
  });

  test('in the middle of its body: nothing is asked of the model', async () => {
    const connection = open.connect().write('POST /predictions/echo HTTP/1.1\r\ncontent-length: 10\r\n\r\nabc');
    await sleep(20);
    connection.close();
    await sleep(20);
    expect(open.serving.inputs).toEqual([]);
    expect(open.errors).toEqual([]);
  });

  test('one that got its answer cancels nothing', async () => {
    await open.raw('GET /predictions/echo HTTP/1.1\r\n\r\n');
    await sleep(20);
    expect(open.serving.cancelled).toBe(0);
  });
});

describe('a streamed answer', () => {
  async function* pieces(...texts: string[]) {
    for (const text of texts) {
      await sleep(10);
      yield Buffer.from(text);
    }
  }

  test('each piece is a chunk, sent when it comes; empty ones are none', async () => {
    open.serving.add('stream', '1.0', () => ({
      headers: ['content-type', 'text/plain', 'ts_stream_next', 'true'],
      body: Buffer.from('one'),
      rest: pieces('two', '', 'three'),
    }));
    const { headers, body, complete } = await open.raw('GET /predictions/stream HTTP/1.1\r\n\r\n');
    expect(headers.map(([name]) => name)).toEqual([
      'content-type',
      'ts_stream_next',
      'x-request-id',
      'Pragma',
      'Cache-Control',
      'Expires',
      'transfer-encoding',
      'connection',
    ]);
    expect([body.toString(), complete]).toEqual(['onetwothree', true]);
  });

  test('the head and the first piece go before the second is there', async () => {
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    async function* rest() {
      await gate;
      yield Buffer.from('late');
    }
    open.serving.add('stream', '1.0', () => ({ body: Buffer.from('early'), rest: rest() }));
    const connection = open.connect().write('GET /predictions/stream HTTP/1.1\r\n\r\n');
    const seen = new Promise<string>((resolve) => {
      connection.socket.on('data', (data: Buffer) => data.includes('early') && resolve('early'));
    });
    expect(await seen).toBe('early');
    release();
    expect((await connection.response()).body.toString()).toBe('earlylate');
    connection.close();
  });

  test('HTTP/1.0 gets no chunks: the end of the connection is the end of the body', async () => {
    open.serving.add('stream', '1.0', () => ({ body: Buffer.from('one'), rest: pieces('two') }));
    const { headers, body } = await open.raw('GET /predictions/stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
    expect(header(headers, 'transfer-encoding')).toBeUndefined();
    expect(header(headers, 'connection')).toBe('close');
    expect(body.toString()).toBe('onetwo');
  });

  test('one that breaks ends the connection without the last chunk', async () => {
    async function* broken() {
      await sleep(10);
      yield Buffer.from('two');
      throw new Error('Worker died.');
    }
    open.serving.add('stream', '1.0', () => ({ body: Buffer.from('one'), rest: broken() }));
    const { status, complete } = await open.raw('GET /predictions/stream HTTP/1.1\r\n\r\n');
    expect([status, complete]).toEqual([200, false]);
  });

  test('a reader who leaves ends the stream', async () => {
    let ended = false;
    async function* endless() {
      try {
        for (;;) {
          await sleep(5);
          yield Buffer.alloc(1000);
        }
      } finally {
        ended = true;
      }
    }
    open.serving.add('stream', '1.0', () => ({ body: Buffer.from('one'), rest: endless() }));
    const connection = open.connect().write('GET /predictions/stream HTTP/1.1\r\n\r\n');
    await sleep(30);
    connection.close();
    await expect.poll(() => ended).toBe(true);
    expect(open.serving.cancelled).toBe(1);
  });

  test('a reader who reads nothing is cut off after stream_stall_timeout', async () => {
    await open.doors.close({ graceMs: 0 });
    open = await openDoors({ streamStallTimeout: 0.1 });
    async function* endless() {
      for (;;) yield Buffer.alloc(1 << 20);
    }
    open.serving.add('stream', '1.0', () => ({ body: Buffer.from('one'), rest: endless() }));
    const connection = open.connect();
    connection.socket.pause();
    connection.write('GET /predictions/stream HTTP/1.1\r\n\r\n');
    await expect.poll(() => open.serving.cancelled, { timeout: 10_000 }).toBe(1);
    connection.close();
  });
});

describe('server-sent events', () => {
  const events = async (accept = 'text/event-stream') =>
    await open.raw(`POST /predictions/stream HTTP/1.1\r\nAccept: ${accept}\r\n\r\n`);

  async function* pieces(...parts: (string | Buffer | Error)[]) {
    for (const part of parts) {
      if (part instanceof Error) throw part;
      yield Buffer.from(part);
    }
  }

  test('each piece is an event, and the end is one', async () => {
    open.serving.add('stream', '1.0', () => ({
      headers: ['content-type', 'text/plain', 'x-own', 'yes'],
      body: Buffer.from('one'),
      rest: pieces('two\nlines\n', '', Buffer.from([0xff, 0])),
    }));
    const { headers, body, complete } = await events('text/html, Text/Event-Stream;q=0.5');
    expect(headers.filter(([name]) => /^(content-type|x-own)$/.test(name))).toEqual([
      ['content-type', 'text/event-stream'],
      ['x-own', 'yes'],
    ]);
    expect(body.toString()).toBe(
      'data: one\n\ndata: two\ndata: lines\ndata: \n\nevent: binary\ndata: /wA=\n\nevent: end\ndata: \n\n',
    );
    expect(complete).toBe(true);
  });

  test('a result that comes at once is one event', async () => {
    open.serving.add('stream', '1.0', () => ({ body: Buffer.from('{"a": 1}') }));
    expect((await events()).body.toString()).toBe('data: {"a": 1}\n\nevent: end\ndata: \n\n');
  });

  test('a stream that breaks ends with an event that says why', async () => {
    const rest = pieces('two', new ServingError('internal', 'Worker died.'));
    open.serving.add('stream', '1.0', () => ({ body: Buffer.from('one'), rest }));
    const { body, complete } = await events();
    expect(body.toString()).toBe(
      'data: one\n\ndata: two\n\nevent: error\ndata: {"code":500,"type":"InternalServerException","message":"Worker died."}\n\n',
    );
    expect(complete).toBe(true);
  });

  test('an error before the first piece is an ordinary answer', async () => {
    open.serving.add('stream', '1.0', () => {
      throw new ServingError('internal', 'Worker died.');
    });
    const { status, headers } = await events();
    expect([status, header(headers, 'content-type')]).toEqual([500, 'application/json']);
    open.serving.add('stream', '1.0', () => ({ status: 418, body: Buffer.from('no tea') }));
    expect((await events()).body.toString()).toBe('no tea');
  });

  test('who does not name them, or refuses them, gets the bytes; so does a handler that writes events itself', async () => {
    const own = ['content-type', 'text/event-stream'];
    open.serving.add('stream', '1.0', () => ({ headers: own, body: Buffer.from('data: 1\n\n'), rest: pieces() }));
    expect((await events()).body.toString()).toBe('data: 1\n\n');
    open.serving.add('stream', '1.0', () => ({ body: Buffer.from('one'), rest: pieces() }));
    for (const accept of ['*/*', 'text/event-stream;q=0', 'text/*'])
      expect((await events(accept)).body.toString()).toBe('one');
  });
});

describe('closing', () => {
  test('requests in flight are answered, idle connections end, new ones are refused', async () => {
    open.serving.add('slow', '1.0', async () => {
      await sleep(100);
      return { body: Buffer.from('slow') };
    });
    const port = open.port();
    const late = () => new RawConnection({ host: '127.0.0.1', port }).closed();
    const idle = open.connect().write('GET /ping HTTP/1.1\r\n\r\n');
    await idle.response();
    const silent = open.connect();
    const busy = open.connect().write('GET /predictions/slow HTTP/1.1\r\n\r\n');
    await sleep(30);
    const closed = open.doors.close({ graceMs: 5000 });
    const { body, headers } = await busy.response();
    expect(body.toString()).toBe('slow');
    expect(header(headers, 'connection')).toBe('close');
    await Promise.all([idle.closed(), silent.closed(), busy.closed(), closed]);
    await open.doors.close({ graceMs: 0 });
    await late();
  });

  test('what outlives the grace is cut', async () => {
    open.serving.add('stuck', '1.0', () => new Promise(() => {}));
    const connection = open.connect().write('GET /predictions/stuck HTTP/1.1\r\n\r\n');
    await sleep(30);
    const start = Date.now();
    await open.doors.close({ graceMs: 50 });
    expect(Date.now() - start).toBeLessThan(2000);
    await connection.closed();
  });
});
