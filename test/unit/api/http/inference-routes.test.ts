import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type OpenDoors, openDoors } from '../../../support/open-doors.js';

let open: OpenDoors;
beforeEach(async () => {
  open = await openDoors();
});
afterEach(() => open.doors.close({ graceMs: 0 }));

interface Told {
  readonly target: { readonly model: string; readonly version: string | null };
  readonly parameters: readonly { name: string; contentType: string; value: string }[];
  readonly headers: readonly string[];
}

async function ask(head: string, body = ''): Promise<Told> {
  const length = body === '' ? '' : `content-length: ${Buffer.byteLength(body)}\r\n`;
  const { status, body: answer } = await open.raw(`${head}\r\n${length}\r\n${body}`);
  expect(status, answer.toString()).toBe(200);
  return JSON.parse(answer.toString());
}

async function refusal(text: string): Promise<Record<string, unknown>> {
  const response = await open.raw(text);
  const document = JSON.parse(response.body.toString()) as Record<string, unknown>;
  expect(document['code']).toBe(response.status);
  return document;
}

const get = (path: string, method = 'GET') => `${method} ${path} HTTP/1.1\r\n\r\n`;

describe('routes of the inference API', () => {
  test.each([
    ['/predictions/echo', null, ['url_path', '', 'explain', 'False']],
    ['/predictions/echo/', null, ['url_path', '', 'explain', 'False']],
    ['/predictions/echo/1.0', '1.0', ['url_path', '', 'explain', 'False']],
    ['/predictions/echo/1.0/a/b', '1.0', ['url_path', 'a/b', 'explain', 'False']],
    ['/predictions/e%63ho', null, ['url_path', '', 'explain', 'False']],
    ['/explanations/echo', null, ['url_path', '', 'explain', 'True']],
    ['/explanations/echo/1.0/x', '1.0', ['url_path', 'x', 'explain', 'True']],
    ['/v1/models/echo:predict', null, ['explain', 'False']],
    ['/v1/models/echo:predictfoo', null, ['explain', 'False']],
    ['/v1/models/echo:explain', null, ['explain', 'True']],
    ['/v1/models/echo%3Apredict', null, ['explain', 'False']],
    ['/v2/models/echo/infer', null, ['explain', 'False']],
    ['/v2/models/echo/explain', null, ['explain', 'True']],
    ['/models/echo/invoke', null, []],
    ['/invocations?model_name=echo', null, []],
    ['/echo/predict', null, []],
    ['/echo/1.0/predict', '1.0', []],
  ])('%s asks version %s', async (path, version, injected) => {
    const { target, headers } = await ask(`POST ${path} HTTP/1.1`);
    expect(target).toEqual({ model: 'echo', version });
    expect(headers).toEqual(['content-length', '0', ...injected]);
  });

  test.each(['GET', 'PUT', 'DELETE', 'PATCH', 'PROPFIND', 'TRACE', 'MKCOL'])(
    '%s is an inference too',
    async (method) => {
      expect((await ask(`${method} /predictions/echo HTTP/1.1`, 'x')).parameters).toEqual([
        { name: 'body', contentType: '', value: 'x' },
      ]);
    },
  );

  test('HEAD runs the inference and keeps the body back', async () => {
    const { status, headers } = await open.raw(get('/predictions/echo', 'HEAD'));
    expect(status).toBe(200);
    expect(Number(headers.find(([name]) => name === 'content-length')?.[1])).toBeGreaterThan(10);
    expect(open.serving.inputs).toHaveLength(1);
  });

  test.each([
    ['/predictions', 404, 'ResourceNotFoundException'],
    ['/predictions/', 404, 'ResourceNotFoundException'],
    ['/explanations', 404, 'ResourceNotFoundException'],
    ['/PING', 404, 'ResourceNotFoundException'],
    ['/v2', 404, 'ResourceNotFoundException'],
    ['/invocations/x', 404, 'ResourceNotFoundException'],
    ['/models', 404, 'ResourceNotFoundException'],
    ['/metrics', 404, 'ResourceNotFoundException'],
    ['/token', 404, 'ResourceNotFoundException'],
    ['*', 404, 'ResourceNotFoundException'],
    ['http://h/ping', 404, 'ResourceNotFoundException'],
    ['/', 405, 'MethodNotAllowedException'],
    ['/predictions/none', 404, 'ModelNotFoundException'],
    ['/predictions//echo', 404, 'ModelNotFoundException'],
    ['/predictions/echo/9', 404, 'ModelVersionNotFoundException'],
    ['/predictions/%zz', 403, 'IllegalArgumentException'],
    ['/%', 403, 'IllegalArgumentException'],
    ['/models/echo/invoke?a=%zz', 403, 'IllegalArgumentException'],
  ])('%s: %s %s', async (path, status, type) => {
    expect(await refusal(get(path))).toMatchObject({ code: status, type });
  });

  test('the words of a malformed escape', async () => {
    expect(await refusal(get('/predictions/%zz?q'))).toEqual({
      code: 403,
      type: 'IllegalArgumentException',
      message: "invalid hex byte 'zz' at index 14 of '/predictions/%zz?q'",
    });
  });

  test('/ping and /predictions never notice a malformed query', async () => {
    expect((await open.raw(get('/ping?%zz'))).status).toBe(200);
    expect((await open.raw(get('/predictions/echo?%zz'))).status).toBe(200);
  });

  test('/ping with more in its path, and unhealthy', async () => {
    expect((await open.raw(get('/ping/a/b', 'POST'))).status).toBe(200);
    open.serving.isHealthy = false;
    const { status, body } = await open.raw(get('/ping'));
    expect(status).toBe(500);
    expect(body.toString()).toBe('{\n  "status": "Unhealthy"\n}\n');
  });
});

describe('/invocations', () => {
  test('the query names the model before anything else does', async () => {
    open.serving.add('other').startupModel = 'other';
    expect((await ask('POST /invocations?model_name=echo HTTP/1.1')).target.model).toBe('echo');
  });

  test('else the only model that was loaded at start, whatever the body says', async () => {
    open.serving.add('other').startupModel = 'other';
    const form = 'content-type: application/x-www-form-urlencoded';
    expect((await ask(`POST /invocations HTTP/1.1\r\n${form}`, 'model_name=echo')).target.model).toBe('other');
    open.serving.startupModel = null;
    expect((await ask(`POST /invocations HTTP/1.1\r\n${form}`, 'model_name=echo')).target.model).toBe('echo');
  });

  test('else nothing', async () => {
    expect(await refusal(get('/invocations', 'POST'))).toEqual({
      code: 400,
      type: 'BadRequestException',
      message: 'Parameter model_name is required.',
    });
  });

  test('values of the query are data, before those of the body', async () => {
    const { parameters } = await ask('POST /models/echo/invoke?a=1&b=x+y&a=2 HTTP/1.1', 'raw');
    expect(parameters).toEqual([
      { name: 'a', contentType: '', value: '1' },
      { name: 'b', contentType: '', value: 'x y' },
      { name: 'a', contentType: '', value: '2' },
      { name: 'body', contentType: '', value: 'raw' },
    ]);
  });
});

describe('what the handler is given', () => {
  test("headers in the client's spelling and order, duplicates and all", async () => {
    const { headers } = await ask('POST /predictions/echo HTTP/1.1\r\nX-One: 1\r\nx-one: 2\r\nHost: h\r\nExplain: me');
    expect(headers).toEqual([
      ...['X-One', '1', 'x-one', '2', 'Host', 'h', 'Explain', 'me'],
      ...['content-length', '0', 'url_path', '', 'explain', 'False'],
    ]);
  });

  test('a chunked body is one body, with its length', async () => {
    const { parameters, headers } = JSON.parse(
      (
        await open.raw(
          'POST /predictions/echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n',
        )
      ).body.toString(),
    ) as Told;
    expect(parameters).toEqual([{ name: 'body', contentType: '', value: 'abcdefg' }]);
    expect(headers).toEqual(['content-length', '7', 'url_path', '', 'explain', 'False']);
  });

  test('Authorization goes through where no tokens are asked for', async () => {
    expect((await ask('GET /predictions/echo HTTP/1.1\r\nauthorization: Basic x')).headers).toContain('Basic x');
  });

  test('form and multipart', async () => {
    const form = await ask(
      'POST /predictions/echo HTTP/1.1\r\ncontent-type: application/x-www-form-urlencoded',
      'a=1&b=2',
    );
    expect(form.parameters.map(({ name, value }) => [name, value])).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
    const part =
      '--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\nContent-Type: image/png\r\n\r\nPNG\r\n--b--\r\n';
    const multipart = await ask(
      'POST /predictions/echo HTTP/1.1\r\ncontent-type: multipart/form-data; boundary=b',
      part,
    );
    expect(multipart.parameters).toEqual([{ name: 'f', contentType: 'image/png', value: 'PNG' }]);
  });

  test('a form that cannot be read is the client’s fault', async () => {
    expect(
      await refusal(
        'POST /predictions/echo HTTP/1.1\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 3\r\n\r\na=%',
      ),
    ).toMatchObject({ code: 400, type: 'BadRequestException' });
  });
});

describe('OPTIONS', () => {
  test('tells of a model, without an inference', async () => {
    const { status, body } = await open.raw(get('/predictions/echo', 'OPTIONS'));
    expect(status).toBe(200);
    expect(JSON.parse(body.toString())).toMatchObject({ openapi: '3.0.1', info: { title: 'RESTful API for: echo' } });
    expect(open.serving.inputs).toEqual([]);
  });

  test('of a model that is not there: 404', async () => {
    expect(await refusal(get('/predictions/none', 'OPTIONS'))).toMatchObject({
      code: 404,
      type: 'ModelNotFoundException',
    });
  });
});

describe('the Open Inference Protocol, where it is switched on', () => {
  beforeEach(async () => {
    await open.doors.close({ graceMs: 0 });
    open = await openDoors({ tsOpenInferenceProtocol: true });
  });

  test.each([
    ['/v2', 200, { name: 'Torchserve', version: '0.12.0', extenstion: ['kserve', 'kubeflow'] }],
    ['/v2/health/live', 200, { live: true }],
    ['/v2/health/ready', 200, { ready: true }],
    ['/v2/models/echo/versions/1', 501, { error: 'Model versioning is not yet supported.' }],
  ])('%s', async (path, status, document) => {
    const response = await open.raw(get(path));
    expect(response.status).toBe(status);
    expect(JSON.parse(response.body.toString())).toEqual(document);
  });

  test('the rest is not found', async () => {
    expect((await open.raw(get('/v2/models/echo'))).status).toBe(404);
    expect((await open.raw(get('/v2/versions'))).status).toBe(404);
    expect((await open.raw(get('/v2/models/echo/infer'))).status).toBe(200);
  });
});

test('the metrics listener has its own shape', async () => {
  await open.doors.close({ graceMs: 0 });
  const asked: (readonly string[])[] = [];
  open = await openDoors(
    {},
    {
      metrics: {
        contentType: 'text/plain; version=0.0.4; charset=utf-8',
        render: (names) => `${asked.push(names)} m\n`,
      },
    },
  );
  const response = await open.raw(get('/metrics/x?name[]=a&name%5B%5D=b', 'POST'), 'metrics');
  expect(response.status).toBe(200);
  expect(response.headers[0]).toEqual(['content-type', 'text/plain; version=0.0.4; charset=utf-8']);
  expect(response.body.toString()).toBe('1 m\n');
  expect(asked).toEqual([['a', 'b']]);
  expect((await open.raw(get('/ping'), 'metrics')).status).toBe(404);
});
