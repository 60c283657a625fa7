import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bytesOf } from '../../../../src/batching/inference.js';
import { type OpenDoors, openDoors } from '../../../support/open-doors.js';

let open: OpenDoors;
beforeEach(async () => {
  open = await openDoors();
});
afterEach(() => open.doors.close({ graceMs: 0 }));

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const CACHING = [
  ['Pragma', 'no-cache'],
  ['Cache-Control', 'no-cache; no-store, must-revalidate, private'],
  ['Expires', 'Thu, 01 Jan 1970 00:00:00 UTC'],
];

describe('what every response carries', () => {
  test('a document of ours: names, order and spelling, with a reason phrase', async () => {
    const { statusLine, headers, body } = await open.raw('GET /ping HTTP/1.1\r\n\r\n');
    expect(statusLine).toBe('HTTP/1.1 200 OK');
    expect(body.toString()).toBe('{\n  "status": "Healthy"\n}\n');
    expect(headers).toEqual([
      ['content-type', 'application/json'],
      ['x-request-id', expect.stringMatching(UUID)],
      ...CACHING,
      ['content-length', '26'],
      ['connection', 'keep-alive'],
    ]);
  });

  test('a handler: no content type and no phrase unless it gave them', async () => {
    open.serving.add('plain', '1.0', () => ({ body: Buffer.from('hi') }));
    const { statusLine, headers } = await open.raw('POST /predictions/plain HTTP/1.1\r\n\r\n');
    expect(statusLine).toBe('HTTP/1.1 200 ');
    expect(headers.map(([name]) => name)).toEqual([
      'x-request-id',
      'Pragma',
      'Cache-Control',
      'Expires',
      'content-length',
      'connection',
    ]);
  });

  test('headers of a handler stand between content type and request id; the server keeps its own', async () => {
    open.serving.add('loud', '1.0', () => ({
      status: 299,
      phrase: 'Loud',
      headers: ['X-One', '1', 'Content-Type', 'text/x', 'Pragma', 'p', 'content-length', '7', 'Transfer-Encoding', 'x'],
      body: Buffer.from('abc'),
    }));
    const { statusLine, headers, body } = await open.raw('POST /predictions/loud HTTP/1.1\r\n\r\n');
    expect(statusLine).toBe('HTTP/1.1 299 Loud');
    expect(headers).toEqual([
      ['content-type', 'text/x'],
      ['X-One', '1'],
      ['x-request-id', expect.stringMatching(UUID)],
      ...CACHING,
      ['content-length', '3'],
      ['connection', 'keep-alive'],
    ]);
    expect(body.toString()).toBe('abc');
  });

  test("the request id is the server's own, and the handler's", async () => {
    const { headers } = await open.raw('GET /predictions/echo HTTP/1.1\r\nx-request-id: mine\r\n\r\n');
    const id = headers.find(([name]) => name === 'x-request-id')?.[1];
    expect(id).toMatch(UUID);
    expect(open.serving.inputs[0]?.requestId).toBe(id);
  });

  test('an error is a document too, and the connection goes on', async () => {
    const connection = open.connect();
    connection.write('GET /nothing HTTP/1.1\r\n\r\n');
    const refused = await connection.response();
    expect(refused.statusLine).toBe('HTTP/1.1 404 Not Found');
    expect(refused.headers.at(-1)).toEqual(['connection', 'keep-alive']);
    expect(refused.body.toString()).toBe(
      '{\n  "code": 404,\n  "type": "ResourceNotFoundException",\n  "message": "Requested resource is not found, please refer to API document."\n}\n',
    );
    connection.write('GET /ping HTTP/1.1\r\n\r\n');
    expect((await connection.response()).status).toBe(200);
    connection.close();
  });

  test('HEAD has the real length and no body; 204 has neither', async () => {
    open.serving.add('mute', '1.0', () => ({ status: 204, body: Buffer.from('x') }));
    const connection = open.connect().write('HEAD /ping HTTP/1.1\r\n\r\nPOST /predictions/mute HTTP/1.1\r\n\r\n');
    const head = await connection.response('HEAD');
    expect(head.headers).toContainEqual(['content-length', '26']);
    const mute = await connection.response();
    expect(mute.status).toBe(204);
    expect(mute.headers.map(([name]) => name)).not.toContain('content-length');
    connection.close();
  });

  test.each([99, 100, 0, -1, 1000, 2.5])('a status that HTTP cannot carry (%s) becomes a 500', async (status) => {
    open.serving.add('odd', '1.0', () => ({ status }));
    const { status: got, body } = await open.raw('GET /predictions/odd HTTP/1.1\r\n\r\n');
    expect(got).toBe(500);
    expect(JSON.parse(body.toString())).toMatchObject({ code: 500, type: 'InternalServerException' });
  });

  test.each([
    ['a header name', ['bad name', 'x'], ''],
    ['a header value', ['x', 'a\r\nset-cookie: b'], ''],
    ['a phrase', [], 'a\r\nb'],
  ])('%s that would split the response becomes a 500', async (_what, headers, phrase) => {
    open.serving.add('odd', '1.0', () => ({ headers, phrase }));
    const response = await open.raw('GET /predictions/odd HTTP/1.1\r\n\r\n');
    expect(response.status).toBe(500);
    expect(response.headers.map(([name]) => name)).not.toContain('set-cookie');
  });

  test('an answer up to max_response_size is passed on, a larger one is not', async () => {
    await open.doors.close({ graceMs: 0 });
    open = await openDoors({ maxResponseSize: 10 });
    open.serving.add('sized', '1.0', ({ parameters }) => ({ body: bytesOf(parameters[0]?.value ?? new Uint8Array()) }));
    const ask = (length: number) =>
      open.raw(`POST /predictions/sized HTTP/1.1\r\ncontent-length: ${length}\r\n\r\n${'x'.repeat(length)}`);
    expect((await ask(10)).body.toString()).toBe('xxxxxxxxxx');
    const refused = await ask(11);
    expect(refused.status).toBe(500);
    expect(JSON.parse(refused.body.toString())).toMatchObject({
      type: 'InternalServerException',
      message: expect.stringContaining('max_response_size'),
    });
  });

  test('an answer of a defect is neutral, and the log tells', async () => {
    open.serving.add('buggy', '1.0', () => {
      throw new TypeError('secret detail');
    });
    const { status, body } = await open.raw('GET /predictions/buggy HTTP/1.1\r\n\r\n');
    expect(status).toBe(500);
    expect(body.toString()).not.toContain('secret detail');
    expect(open.errors).toHaveLength(1);
  });

  test('one access record for each response', async () => {
    await open.raw('GET /ping?a=b HTTP/1.0\r\n\r\n');
    expect(open.accesses).toEqual([
      {
        remote: expect.stringMatching(/^\/127\.0\.0\.1:\d+$/),
        method: 'GET',
        uri: '/ping?a=b',
        protocol: 'HTTP/1.0',
        status: 200,
        milliseconds: expect.any(Number),
        requestId: expect.stringMatching(UUID),
      },
    ]);
  });
});
