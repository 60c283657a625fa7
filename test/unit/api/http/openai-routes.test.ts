import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import OpenAI from 'openai';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TokenKeys } from '../../../../src/api/auth/token-keys.js';
import type { Answer } from '../../../../src/batching/inference.js';
import { ServingError } from '../../../../src/errors/serving-error.js';
import type { ErrorKind } from '../../../../src/errors/table.js';
import { freePorts } from '../../../support/free-ports.js';
import { address, type OpenDoors, openDoors } from '../../../support/open-doors.js';

const chat = '/v1/chat/completions';
const routes = ['v1/chat/completions', 'v1/embeddings'];
const asked = { model: 'writer', messages: [{ role: 'user', content: 'hello' }] };

let open: OpenDoors;
let answers: () => Partial<Answer> | Promise<Partial<Answer>>;
beforeEach(async () => {
  answers = () => ({ body: Buffer.from('{"choices": []}') });
  await reopen();
});
afterEach(() => open.doors.close({ graceMs: 0 }));

async function reopen(...how: Parameters<typeof openDoors>): Promise<void> {
  await open?.doors.close({ graceMs: 0 });
  open = await openDoors(...how);
  open.serving.add('writer', '1.0', () => answers(), { openai: { routes, models: [] } });
}

async function post(path: string, body: unknown, headers: Record<string, string> = {}) {
  const answer = await fetch(open.url() + path, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  });
  const text = await answer.text();
  return { status: answer.status, type: answer.headers.get('content-type'), text, json: parsed(text) };
}

function parsed(text: string) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A streamed result of these pieces, broken at its end by an error if there is one. */
function pieces([first = '', ...rest]: string[], error?: Error): Partial<Answer> {
  const others = async function* () {
    for (const piece of rest) yield Buffer.from(piece);
    if (error) throw error;
  };
  return { body: Buffer.from(first), rest: others() };
}

describe('a request', () => {
  test('reaches the model that it names, whole, with the route as its url_path', async () => {
    const body = JSON.stringify({ ...asked, temperature: 0.5, own: [1] });
    // What curl calls a body that nobody named.
    const answer = await post(chat, body, { 'content-type': 'application/x-www-form-urlencoded' });
    expect(answer).toMatchObject({ status: 200, type: 'application/json', json: { choices: [] } });
    const [input] = open.serving.inputs;
    expect(input?.parameters).toEqual([{ name: 'body', contentType: 'application/json', value: Buffer.from(body) }]);
    expect(input?.headers.slice(-4)).toEqual(['url_path', 'v1/chat/completions', 'explain', 'False']);
  });

  test.each([
    ['{"model"', 400, null, null, /not valid JSON/],
    ['[]', 400, null, null, /has to be a JSON object/],
    ['', 400, null, null, /is empty/],
    [{ messages: asked.messages }, 400, 'model', null, 'Parameter model is required.'],
    [{ ...asked, model: 7 }, 400, 'model', null, 'Parameter model takes text, not 7.'],
    [{ model: 'writer' }, 400, 'messages', null, 'Parameter messages is required.'],
    [{ ...asked, messages: [] }, 400, 'messages', null, /takes a list of messages, each an object with a role, not/],
    [{ ...asked, messages: ['hello'] }, 400, 'messages', null, /takes a list of messages/],
    [{ ...asked, stream: 'maybe' }, 400, 'stream', null, 'Parameter stream takes true or false, not "maybe".'],
    [{ ...asked, model: 'none' }, 404, 'model', 'model_not_found', 'Model not found: none'],
    [{ ...asked, model: 'echo' }, 404, 'model', 'model_not_found', /its handler declares no openai_routes/],
  ])('%j: %i', async (body, status, param, code, message) => {
    const answer = await post(chat, body);
    expect(answer).toMatchObject({ status, type: 'application/json' });
    expect(answer.json.error).toEqual({
      message: typeof message === 'string' ? message : expect.stringMatching(message),
      type: 'invalid_request_error',
      param,
      code,
    });
    expect(open.serving.inputs).toEqual([]);
  });

  test('a route that the model does not answer', async () => {
    const { status, json } = await post('/v1/completions', { model: 'writer', prompt: 'x' });
    expect(status).toBe(404);
    expect(json.error.message).toBe(
      'The model writer does not answer /v1/completions; it answers /v1/chat/completions and /v1/embeddings.',
    );
    expect((await post('/v1/completions', { model: 'writer' })).json.error.param).toBe('prompt');
    expect((await post('/v1/embeddings', { model: 'writer' })).json.error.param).toBe('input');
    expect((await post('/v1/embeddings', { model: 'writer', input: ['x'] })).status).toBe(200);
  });

  test('for a model that no worker has loaded yet', async () => {
    open.serving.openaiModel = (id) => ({
      ...{ id, target: { model: id, version: null }, registeredAt: new Date(0), parent: null },
      routes: null,
    });
    const { status, json } = await post(chat, asked);
    expect(status).toBe(503);
    expect(json.error).toMatchObject({ code: 'service_unavailable', message: expect.stringContaining('openaiRoutes') });
    expect((await fetch(`${open.url()}/v1/models/writer`)).status).toBe(404);
  });

  test('another method', async () => {
    const answer = await fetch(open.url() + chat);
    expect(answer.status).toBe(405);
    expect(await answer.json()).toMatchObject({ error: { type: 'invalid_request_error' } });
  });

  test.each<[ErrorKind, number, string, string | null]>([
    ['unavailable', 503, 'server_error', 'service_unavailable'],
    ['timedOut', 408, 'server_error', 'timeout'],
    ['predictionFailed', 500, 'server_error', null],
    ['internal', 500, 'server_error', null],
    ['outOfMemory', 507, 'server_error', 'out_of_memory'],
  ])('that ends as %s: %i', async (kind, status, type, code) => {
    answers = () => Promise.reject(new ServingError(kind, 'Because.'));
    expect(await post(chat, asked)).toMatchObject({
      status,
      json: { error: { message: 'Because.', type, param: null, code } },
    });
  });

  test('that is too large', async () => {
    await reopen({ maxRequestSize: 20 });
    expect(await post(chat, asked)).toMatchObject({ status: 413, json: { error: { code: 'request_too_large' } } });
  });

  test('whose client leaves is cancelled', async () => {
    answers = () => new Promise(() => {});
    const leaving = new AbortController();
    const gone = fetch(open.url() + chat, { method: 'POST', body: JSON.stringify(asked), signal: leaving.signal });
    await expect.poll(() => open.serving.inputs.length).toBe(1);
    leaving.abort();
    await expect(gone).rejects.toThrow();
    await expect.poll(() => open.serving.cancelled).toBe(1);
  });
});

describe('what a handler answers', () => {
  test('passes with the content type that it set', async () => {
    answers = () => ({
      body: Buffer.from('{}'),
      headers: ['Content-Type', 'application/json; charset=utf-8', 'x-own', '1'],
    });
    expect((await post(chat, asked)).type).toBe('application/json; charset=utf-8');
  });

  test.each([
    [200, { object: 'error', message: 'no', type: 'NotFoundError', param: null, code: 404 }, 404, 'NotFoundError', 404],
    [200, { error: { message: 'no', type: 'BadRequestError', param: 'n', code: 400 } }, 400, 'BadRequestError', 400],
    [422, { error: { message: 'no' } }, 422, null, null],
    [418, 'no', 418, 'invalid_request_error', null],
    [500, { detail: 'no' }, 500, 'server_error', null],
  ])('an error that comes as %i %j', async (status, body, shown, type, code) => {
    answers = () => ({ status, body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)) });
    const answer = await post(chat, asked);
    expect(answer).toMatchObject({ status: shown, type: 'application/json', json: { error: { type, code } } });
    expect(answer.json.error.message).toContain('no');
  });

  test('that speaks of an error is none', async () => {
    const text = '{"choices": [{"message": {"content": "an \\"error\\""}}], "error": null}';
    answers = () => ({ body: Buffer.from(text) });
    expect(await post(chat, asked)).toMatchObject({ status: 200, text });
  });
});

describe('a stream', () => {
  const events = ['data: {"a": 1}\n\n', 'data: {"a": 2}\n\n'];
  const done = 'data: [DONE]\n\n';
  const stream = { ...asked, stream: true };

  test.each([
    ['as vLLM leaves it', events, events.join('') + done],
    ['that its handler ends', [...events, done], events.join('') + done],
    ['whose last event lacks its end', ['data: {"a": 1}\n\n', 'data: {}'], `data: {"a": 1}\n\ndata: {}\n\n${done}`],
    ['of no events at all', ['', ''], done],
  ])('%s', async (_name, sent, received) => {
    answers = () => pieces(sent);
    // Events are passed on as they are, whatever the client takes.
    for (const accept of ['application/json', 'text/event-stream']) {
      expect(await post(chat, stream, { accept })).toMatchObject({
        status: 200,
        type: 'text/event-stream',
        text: received,
      });
      answers = () => pieces(sent);
    }
  });

  test('of one event comes whole', async () => {
    answers = () => ({ body: Buffer.from('data: {}\n\n') });
    expect(await post(chat, stream)).toMatchObject({ type: 'text/event-stream', text: `data: {}\n\n${done}` });
  });

  test('that breaks ends with an error, and not as if it were whole', async () => {
    answers = () => pieces(events, new ServingError('internal', 'Worker died.'));
    const { text } = await post(chat, stream);
    const error = { message: 'Worker died.', type: 'server_error', param: null, code: null };
    expect(text).toBe(`${events.join('')}data: ${JSON.stringify({ error })}\n\n`);
  });

  test('that was asked for and does not come: one answer', async () => {
    expect(await post(chat, stream)).toMatchObject({ type: 'application/json', json: { choices: [] } });
    answers = () => ({ body: Buffer.from('database') });
    expect(await post(chat, stream)).toMatchObject({ type: 'application/json', text: 'database' });
  });

  test('that nobody asked for is no stream of events', async () => {
    answers = () => pieces(['{"choices"', ': []}']);
    expect(await post(chat, asked)).toMatchObject({ type: 'application/json', json: { choices: [] } });
  });
});

describe('the models', () => {
  const writer = {
    id: 'writer',
    object: 'model',
    created: 0,
    owned_by: 'torchbridge',
    root: 'writer',
    parent: null,
    routes: ['/v1/chat/completions', '/v1/embeddings'],
  };
  const get = async (path: string, role?: 'management') => {
    const answer = await fetch(open.url(role) + path);
    return { status: answer.status, json: parsed(await answer.text()) };
  };

  test('are listed if they declare something', async () => {
    expect(await get('/v1/models')).toEqual({ status: 200, json: { object: 'list', data: [writer] } });
    expect(await get('/v1/models/writer')).toEqual({ status: 200, json: writer });
    for (const path of ['/v1/models/echo', '/v1/models/none', '/v1/models/writer/9'])
      expect(await get(path)).toMatchObject({
        status: 404,
        json: { error: { code: 'model_not_found', param: 'model' } },
      });
  });

  test('are told together with their readiness where both APIs share a listener', async () => {
    const shared = address(`http://127.0.0.1:${await freePorts(1)}`);
    await reopen({ inferenceAddress: shared, managementAddress: shared });
    expect((await get('/v1/models/writer')).json).toEqual({ name: 'writer', ready: true, ...writer });
    expect((await get('/v1/models/echo')).json).toEqual({ name: 'echo', ready: true });
    expect((await get('/v1/models/none')).json).toMatchObject({ type: 'ModelNotFoundException' });
    expect((await get('/v1/models')).json.data).toEqual([writer]);
  });
});

test('the key of an OpenAI client is the inference token', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tb-openai-'));
  try {
    await reopen({}, { tokens: await TokenKeys.create(folder, 60) });
    const keys = JSON.parse(readFileSync(join(folder, 'key_file.json'), 'utf8'));
    const withKey = (key: string) => post(chat, asked, { authorization: `Bearer ${key}` });
    expect((await withKey(keys.inference.key)).status).toBe(200);
    expect(open.serving.inputs[0]?.headers).not.toContain('authorization');
    for (const key of ['sk-wrong', keys.management.key]) {
      expect(await withKey(key)).toMatchObject({
        status: 401,
        json: { error: { type: 'invalid_request_error', code: 'invalid_api_key' } },
      });
    }
    const client = new OpenAI({ baseURL: `${open.url()}/v1`, apiKey: 'sk-wrong', maxRetries: 0 });
    await expect(client.models.list()).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
    expect((await fetch(`${open.url()}/v1/models`)).status).toBe(401);
    expect((await fetch(`${open.url()}/v1/models/writer`)).status).toBe(401);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
