import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type OpenDoors, openDoors } from '../../../support/open-doors.js';

let open: OpenDoors;
beforeEach(async () => {
  open = await openDoors();
});
afterEach(() => open.doors.close({ graceMs: 0 }));

async function call(method: string, path: string, json?: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${open.url('management')}${path}`, {
    method,
    headers: { ...(json === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(json === undefined ? {} : { body: typeof json === 'string' ? json : JSON.stringify(json) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const bad = (message: string) => ({ status: 400, body: { code: 400, type: 'BadRequestException', message } });

describe('register', () => {
  test('from the query: only what was said is passed on', async () => {
    expect(await call('POST', '/models?url=a.mar&URL=b')).toEqual({
      status: 200,
      body: {
        status:
          'Model "a" Version: 1.0 registered with 0 initial workers. Use scale workers API to add workers for the model.',
      },
    });
    expect(open.serving.calls).toEqual([['register', { url: 'a.mar', synchronous: true, s3SseKms: false }]]);
  });

  test('everything', async () => {
    const query =
      'url=a.mar&model_name=b&handler=h.py:f&runtime=LSP&batch_size=2&max_batch_delay=0&response_timeout=3&startup_timeout=4&initial_workers=5&synchronous=TRUE&s3_sse_kms=true';
    expect((await call('POST', `/models?${query}`)).body['status']).toBe(
      'Model "b" Version: 1.0 registered with 5 initial workers',
    );
    const options = {
      url: 'a.mar',
      modelName: 'b',
      handler: 'h.py:f',
      runtime: 'LSP',
      batchSize: 2,
      maxBatchDelayMs: 0,
      responseTimeoutSeconds: 3,
      startupTimeoutSeconds: 4,
      initialWorkers: 5,
      synchronous: true,
      s3SseKms: true,
    };
    const json = {
      url: 'a.mar',
      model_name: 'b',
      handler: 'h.py:f',
      runtime: 'LSP',
      batch_size: '2',
      max_batch_delay: 0,
      response_timeout: 3,
      startup_timeout: 4,
      initial_workers: 5,
      synchronous: 'true',
      s3_sse_kms: true,
      unknown: {},
      timeout: null,
    };
    await call('POST', '/models?url=ignored&batch_size=abc', json, {
      'content-type': 'Application/JSON; charset=utf-8',
    });
    expect(open.serving.calls).toEqual([
      ['register', options],
      ['register', options],
    ]);
  });

  test('asynchronous with workers', async () => {
    expect(await call('POST', '/models?url=a.mar&initial_workers=1&synchronous=false')).toEqual({
      status: 202,
      body: { status: 'Processing worker updates...' },
    });
  });

  test.each([
    ['', 'Parameter url is required.'],
    ['url=a&batch_size=abc', 'Parameter batch_size takes a whole number from 1 to 2147483647, not "abc".'],
    ['url=a&batch_size=', 'Parameter batch_size takes a whole number from 1 to 2147483647, not "".'],
    ['url=a&batch_size=0', 'Parameter batch_size takes a whole number from 1 to 2147483647, not "0".'],
    ['url=a&batch_size=1.5', 'Parameter batch_size takes a whole number from 1 to 2147483647, not "1.5".'],
    ['url=a&initial_workers=-1', 'Parameter initial_workers takes a whole number from 0 to 2147483647, not "-1".'],
    ['url=a&max_batch_delay=1e3', 'Parameter max_batch_delay takes a whole number from 0 to 2147483647, not "1e3".'],
    [
      'url=a&response_timeout=99999999999',
      'Parameter response_timeout takes a whole number from 1 to 2147483647, not "99999999999".',
    ],
    ['url=a&runtime=ruby', 'Invalid RuntimeType value: ruby'],
  ])('?%s is refused', async (query, message) => {
    expect(await call('POST', `/models?${query}`)).toEqual(bad(message));
    expect(open.serving.calls).toEqual([]);
  });

  test.each([
    ['{', /^The request body is not valid JSON: /],
    ['[]', /^The request body has to be a JSON object\.$/],
    ['null', /^The request body has to be a JSON object\.$/],
    ['{}', /^Parameter url is required\.$/],
    ['{"url":null}', /^Parameter url is required\.$/],
    ['{"url":1}', /^Parameter url takes text, not 1\.$/],
    ['{"url":"a","batch_size":true}', /^Parameter batch_size takes a whole number from 1 to 2147483647, not true\.$/],
    ['{"url":"a","synchronous":1}', /^Parameter synchronous takes true or false, not 1\.$/],
  ])('the body %s is refused', async (json, message) => {
    expect(await call('POST', '/models?url=a', json)).toEqual(bad(expect.stringMatching(message) as never));
  });

  test('an empty JSON body, and a form', async () => {
    const empty = await open.raw('POST /models?url=a HTTP/1.1\r\ncontent-type: application/json\r\n\r\n', 'management');
    expect(JSON.parse(empty.body.toString())).toMatchObject({ code: 400, type: 'BadRequestException' });
    const form = await open.raw(
      'POST /models HTTP/1.1\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 5\r\n\r\nurl=a',
      'management',
    );
    expect(JSON.parse(form.body.toString())).toEqual(bad('Parameter url is required.').body);
  });
});

describe('scale', () => {
  test.each([
    ['', { minWorkers: 1, maxWorkers: 1, synchronous: false }],
    ['?min_worker=2', { minWorkers: 2, maxWorkers: 2, synchronous: false }],
    [
      '?min_worker=0&max_worker=3&synchronous=true&timeout=-1&number_gpu=1',
      { minWorkers: 0, maxWorkers: 3, synchronous: true },
    ],
  ])('PUT %s', async (query, options) => {
    await call('PUT', `/models/echo${query}`);
    expect(open.serving.calls).toEqual([['scale', { model: 'echo', version: null }, options]]);
  });

  test('what it answers', async () => {
    expect(await call('PUT', '/models/echo?min_worker=2')).toEqual({
      status: 200,
      body: { status: 'Workers scaled to 2 for model: echo' },
    });
    expect((await call('PUT', '/models/echo/1.0')).body).toEqual({
      status: 'Workers scaled to 1 for model: echo, version: 1.0',
    });
    expect((await call('PUT', '/models/echo?model_version=1.0')).body).toEqual({
      status: 'Workers scaled to 1 for model: echo, version: 1.0',
    });
    open.serving.scaleOutcome = 'processing';
    expect(await call('PUT', '/models/echo')).toEqual({
      status: 202,
      body: { status: 'Processing worker updates...' },
    });
    open.serving.scaleOutcome = 'partial';
    expect(await call('PUT', '/models/echo')).toEqual({
      status: 206,
      body: { status: 'Workers scaling in progress...' },
    });
  });

  test.each([
    ['min_worker=3&max_worker=1', 'max_worker cannot be less than min_worker.'],
    ['min_worker=-1', 'Parameter min_worker takes a whole number from 0 to 2147483647, not "-1".'],
    ['max_worker=x', 'Parameter max_worker takes a whole number from 0 to 2147483647, not "x".'],
  ])('?%s is refused', async (query, message) => {
    expect(await call('PUT', `/models/echo?${query}`)).toEqual(bad(message));
  });
});

describe('list', () => {
  beforeEach(() => {
    for (const name of ['b', 'a', 'Z']) open.serving.add(name);
    open.serving.add('urlless', '1.0', undefined, { url: null });
  });

  const names = (body: Record<string, unknown>) => (body['models'] as { modelName: string }[]).map((m) => m.modelName);

  test('by name in code-unit order; what has no url is passed over', async () => {
    const { body } = await call('GET', '/models');
    expect(body).toEqual({
      models: ['Z', 'a', 'b', 'echo'].map((modelName) => ({ modelName, modelUrl: `${modelName}.mar` })),
    });
  });

  test('pages, the last of which still names a next one where it is full', async () => {
    const first = await call('GET', '/models?limit=2');
    expect([names(first.body), first.body['nextPageToken']]).toEqual([['Z', 'a'], '2']);
    const second = await call('GET', '/models?limit=2&next_page_token=2');
    expect([names(second.body), second.body['nextPageToken']]).toEqual([['b', 'echo'], '4']);
    expect((await call('GET', '/models?limit=2&next_page_token=4')).body).toEqual({ models: [] });
    expect(names((await call('GET', '/models?limit=999&next_page_token=-3')).body)).toHaveLength(4);
  });

  test.each(['limit=0', 'limit=abc', 'limit=-1', 'next_page_token=x'])('?%s is refused', async (query) => {
    expect(await call('GET', `/models?${query}`)).toMatchObject({ status: 400, body: { type: 'BadRequestException' } });
  });
});

describe('describe', () => {
  test('fields, names and order', async () => {
    const text = await (await fetch(`${open.url('management')}/models/echo`)).text();
    expect(text.startsWith('[\n  {\n    "modelName": "echo",\n    "modelVersion": "1.0",\n')).toBe(true);
    const [description] = JSON.parse(text) as Record<string, unknown>[];
    expect(Object.keys(description ?? {})).toEqual([
      ...['modelName', 'modelVersion', 'modelUrl', 'runtime', 'minWorkers', 'maxWorkers', 'batchSize', 'maxBatchDelay'],
      ...['responseTimeout', 'startupTimeout', 'maxRetryTimeoutInSec', 'clientTimeoutInMills', 'parallelType'],
      ...['parallelLevel', 'deviceType', 'continuousBatching', 'useJobTicket', 'useVenv', 'stateful'],
      ...['sequenceMaxIdleMSec', 'sequenceTimeoutMSec', 'maxNumSequence', 'maxSequenceJobQueueSize', 'loadedAtStartup'],
      ...['workers', 'jobQueueStatus'],
    ]);
    expect(description?.['workers']).toEqual([
      {
        id: '9000',
        startTime: '1970-01-01T00:00:00.000Z',
        status: 'READY',
        memoryUsage: 1,
        pid: 1,
        gpu: false,
        gpuUsage: 'N/A',
      },
    ]);
    expect(description?.['jobQueueStatus']).toEqual({ remainingCapacity: 100, pendingRequests: 0 });
  });

  test('keys that appear only where there is something to say', async () => {
    open.serving.add('hurt', '1.0', undefined, { lastError: 'ImportError: x', deviceIds: [1], url: null });
    const { body } = await call('GET', '/models/hurt/1.0');
    expect(body).toMatchObject([{ lastError: 'ImportError: x', deviceIds: [1] }]);
    expect((body as never as object[])[0]).not.toHaveProperty('modelUrl');
  });

  test('all versions', async () => {
    open.serving.add('echo', '2.0');
    const { body } = await call('GET', '/models/echo/all?customized=true');
    expect((body as never as { modelVersion: string }[]).map((one) => one.modelVersion)).toEqual(['1.0', '2.0']);
  });

  test.each([
    ['{"a":{"b":null,"c":[null]}}', { a: { c: [null] } }],
    ['[1]', {}],
    ['no json', {}],
    ['', undefined],
  ])('customized: a handler that says %s', async (said, shown) => {
    open.serving.customized = { body: Buffer.from(said) };
    const { status, body } = await call('GET', '/models/echo?customized=TRUE');
    expect(status).toBe(200);
    expect((body as never as Record<string, unknown>[])[0]?.['customizedMetadata']).toEqual(shown);
  });

  test("customized: the handler's status and headers go through", async () => {
    open.serving.customized = { status: 299, headers: ['X-A', '1', 'content-type', 'x/y'], body: Buffer.from('{}') };
    const response = await fetch(`${open.url('management')}/models/echo?customized=true`);
    expect([response.status, response.headers.get('x-a'), response.headers.get('content-type')]).toEqual([
      299,
      '1',
      'x/y',
    ]);
  });
});

describe('the rest', () => {
  test('unregister and set-default', async () => {
    expect((await call('PUT', '/models/echo/1.0/set-default')).body).toEqual({
      status: 'Default version successfully updated for model "echo" to "1.0"',
    });
    expect((await call('DELETE', '/models/echo/1.0?synchronous=x')).body).toEqual({
      status: 'Model "echo" unregistered',
    });
    expect(open.serving.calls).toEqual([
      ['setDefault', 'echo', '1.0'],
      ['unregister', { model: 'echo', version: '1.0' }],
    ]);
  });

  test.each([
    ['PATCH', '/models'],
    ['DELETE', '/models'],
    ['OPTIONS', '/models'],
    ['HEAD', '/models'],
    ['POST', '/models/echo'],
    ['GET', '/models/echo/1.0/set-default'],
    ['DELETE', '/models/echo/1.0/set-default'],
    ['POST', '/v1/models/echo'],
  ])('%s %s is not allowed', async (method, path) => {
    const { status } = await open.raw(`${method} ${path} HTTP/1.1\r\n\r\n`, 'management');
    expect(status).toBe(405);
    expect(open.serving.calls).toEqual([]);
  });

  test.each(['/models/echo/1.0/other', '/models/a/b/c/d', '/unknown', '/metrics', '/predictions/echo', '/v2'])(
    '%s is not found',
    async (path) => {
      expect((await call('PUT', path)).status).toBe(404);
    },
  );

  test('PUT without a version before set-default is a scale of that version', async () => {
    expect((await call('PUT', '/models/echo/set-default')).body).toMatchObject({
      type: 'ModelVersionNotFoundException',
    });
  });

  test('KServe readiness', async () => {
    expect((await call('GET', '/v1/models/echo:x')).body).toEqual({ name: 'echo', ready: true });
    open.serving.add('idle', '1.0', undefined, { workers: [] });
    expect((await call('GET', '/v1/models/idle')).body).toEqual({ name: 'idle', ready: false });
    expect((await call('GET', '/v1/models/none')).body).toMatchObject({ type: 'ModelNotFoundException' });
  });

  test('the model API switched off', async () => {
    await open.doors.close({ graceMs: 0 });
    open = await openDoors({ modelApi: false });
    expect((await call('POST', '/models?url=a')).status).toBe(405);
    expect((await call('DELETE', '/models/echo')).status).toBe(405);
    expect((await call('PUT', '/models/echo')).status).toBe(200);
    expect(open.serving.calls.map(([verb]) => verb)).toEqual(['scale']);
  });

  test('one listener for both APIs: a version is reached, and SageMaker too', async () => {
    await open.doors.close({ graceMs: 0 });
    const shared = { scheme: 'http', host: '127.0.0.1', port: await freePort(), path: null, text: '' } as const;
    open = await openDoors({ inferenceAddress: shared, managementAddress: shared });
    expect(open.doors.doors.map(({ roles }) => [...roles])).toEqual([
      ['inference', 'management', 'metrics'],
      ['metrics'],
    ]);
    expect((await call('GET', '/models/echo/1.0')).status).toBe(200);
    expect((await call('POST', '/models/echo/invoke')).status).toBe(200);
    expect((await call('GET', '/v1/models/echo')).body).toEqual({ name: 'echo', ready: true });
    expect((await call('POST', '/v1/models/echo:predict')).status).toBe(200);
    expect((await call('GET', '/ping')).status).toBe(200);
    expect((await fetch(`${open.url('management')}/metrics`)).status).toBe(200);
  });
});

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
