import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiOf } from '../support/api.js';
import { packArchive } from '../support/archive.js';
import { projectRoot } from '../support/release.js';
import { ServerPlace } from '../support/server.js';

const handlers = join(projectRoot, 'test/fixtures/handlers');
let place: ServerPlace;
let api: ReturnType<typeof apiOf>;
let client: OpenAI;

beforeAll(async () => {
  place = await ServerPlace.make();
  const configFile = join(place.folder, 'declares.yaml');
  writeFileSync(configFile, 'openaiRoutes: [v1/completions]\n');
  await packArchive(place.store, { name: 'parrot', handler: join(handlers, 'parrot.py') });
  await packArchive(place.store, { name: 'yaml', handler: join(handlers, 'where_from.py'), configFile });
  const engineFile = join(place.folder, 'engine.yaml');
  writeFileSync(engineFile, 'asyncCommunication: true\n');
  await packArchive(place.store, {
    name: 'engine',
    handler: join(handlers, 'openai_engine.py'),
    extraFiles: [join(handlers, 'fake_vllm_engine.py')],
    configFile: engineFile,
  });
  const vllmFile = join(place.folder, 'vllm.yaml');
  writeFileSync(
    vllmFile,
    'asyncCommunication: true\nhandler: {vllm_engine_config: {model: org/base}, adapters: {mine: adapters/mine}}\n',
  );
  await packArchive(place.store, {
    name: 'llm',
    handler: 'vllm_handler',
    extraFiles: [join(projectRoot, 'test/fixtures/vllm/vllm.py')],
    configFile: vllmFile,
  });
  await place.start({
    config: ['metrics_mode=prometheus', 'disable_token_authorization=true', 'enable_model_api=true'],
  });
  api = apiOf(place);
  for (const name of ['parrot', 'yaml', 'engine', 'llm'])
    expect((await api.register(`url=${name}.mar&initial_workers=1`)).status).toBe(200);
  client = new OpenAI({ baseURL: `${place.inference}/v1`, apiKey: 'none', maxRetries: 0 });
});
afterAll(() => place?.close());

const complete = (prompt: string, model = 'parrot') => client.completions.create({ model, prompt });
const stream = (content: string) =>
  client.chat.completions.create({ model: 'parrot', messages: [{ role: 'user', content }], stream: true });

/** What came, and how it ended. */
async function heard(words: string): Promise<{ text: string; error: unknown }> {
  let text = '';
  try {
    for await (const chunk of await stream(words)) text += chunk.choices[0]?.delta.content ?? '';
  } catch (error) {
    return { text, error };
  }
  return { text, error: null };
}

describe('a handler that declares its routes', () => {
  it('is called by its name, its version, and what it adds', async () => {
    const models = (await client.models.list()).data.map(({ id }) => id);
    expect(models).toEqual(['engine', 'llm', 'parrot', 'yaml', 'org/base', 'mine', 'polly', 'birds/ara']);
    for (const name of ['parrot', 'parrot/1.0', 'polly', 'birds/ara']) {
      expect((await client.models.retrieve(name)).id).toBe(name);
      expect((await complete('a b', name)).choices[0]).toMatchObject({ text: 'a b ', finish_reason: 'stop' });
    }
    expect((await api.describe('parrot')).openaiRoutes).toEqual([
      'v1/chat/completions',
      'v1/completions',
      'v1/embeddings',
    ]);
  });

  it('streams word by word', async () => {
    expect(await heard('one two three')).toEqual({ text: 'one two three ', error: null });
  });

  it.each([
    ['raise', 'Prediction failed'],
    ['crash', 'Worker died.'],
  ])('that breaks in mid-stream (%s) tells the client', async (word, message) => {
    const { text, error } = await heard(`one two ${word} four`);
    expect(text).toBe('one two ');
    expect(error).toBeInstanceOf(OpenAI.APIError);
    expect((error as Error).message).toContain(message);
    await expect.poll(() => heard('back'), { timeout: 20_000 }).toEqual({ text: 'back ', error: null });
  });

  it('that fails before it has said anything', async () => {
    await expect(complete('raise')).rejects.toMatchObject({ status: 500, message: '500 Prediction failed' });
  });

  it('stops when its client leaves', async () => {
    for await (const chunk of await stream('forever')) if (chunk.choices[0]?.delta.content) break;
    // It has one worker, which would go on for ever.
    expect(await heard('free')).toEqual({ text: 'free ', error: null });
    const leaving = new AbortController();
    const whole = client.completions.create(
      { model: 'parrot', prompt: 'forever', max_tokens: 1e9 },
      { signal: leaving.signal },
    );
    const gone = expect(whole).rejects.toBeInstanceOf(OpenAI.APIUserAbortError);
    setTimeout(() => leaving.abort(), 100);
    await gone;
    expect(await heard('free')).toEqual({ text: 'free ', error: null });
  });

  it('counts as any inference', async () => {
    const metrics = await (await fetch(`${place.metrics}/metrics`)).text();
    expect(metrics).toMatch(/ts_inference_requests_total\{[^}]*model_name="parrot"[^}]*\} [1-9]/);
  });
});

describe('an engine that batches itself', () => {
  it('answers side by side, whole and in pieces, and hears of clients that leave', async () => {
    const ask = { model: 'engine', prompt: 'a', max_tokens: 3 };
    const wholes = Array.from({ length: 5 }, () => client.completions.create(ask));
    for (const whole of await Promise.all(wholes)) expect(whole.choices[0]?.text).toBe('a0 a1 a2 ');
    let text = '';
    for await (const chunk of await client.completions.create({ ...ask, stream: true }))
      text += chunk.choices[0]?.text ?? '';
    expect(text).toBe('a0 a1 a2 ');
    for await (const _ of await client.completions.create({ ...ask, max_tokens: 9000, stream: true })) break;
    const told = async () => (await complete('tell', 'engine')).choices[0]?.text;
    await expect.poll(told, { timeout: 10_000 }).toMatch(/^0 [1-9]/);
    await expect(client.completions.create({ ...ask, n: 0 })).rejects.toMatchObject({ status: 400, param: 'n' });
  });
});

describe('vllm_handler (over a stand-in of vLLM)', () => {
  const messages = [{ role: 'user' as const, content: 'one two' }];

  it.each([
    ['llm', 'org/base'],
    ['llm/1.0', 'org/base'],
    ['org/base', 'org/base'],
    ['mine', 'mine'],
  ])('is called %s', async (model, known) => {
    const whole = await client.chat.completions.create({ model, messages });
    expect(whole).toMatchObject({ model: known, choices: [{ message: { content: 'one two' } }] });
    let text = '';
    for await (const chunk of await client.chat.completions.create({ model, messages, stream: true }))
      text += chunk.choices[0]?.delta.content ?? '';
    expect(text).toBe('one two ');
  });

  it('has the statuses that its errors name, but behind its name as in TorchServe', async () => {
    await expect(complete('bad', 'llm')).rejects.toMatchObject({ status: 400, message: '400 no org/base' });
    const body = JSON.stringify({ model: 'other', prompt: 'x' });
    const byName = await fetch(`${place.inference}/predictions/llm/1.0/v1/completions`, { method: 'POST', body });
    expect(byName.status).toBe(200);
    expect(await byName.json()).toMatchObject({ object: 'error', code: 404 });
    const events = await fetch(`${place.inference}/predictions/llm/1.0/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: 'mine', messages, stream: true }),
    });
    expect((await events.text()).match(/^data: \{/gm)).toHaveLength(2);
  });
});

describe('a handler that says nothing', () => {
  it('is asked where its yaml declares it, as if it had been behind its name', async () => {
    const seen = (await complete('x', 'yaml')) as unknown;
    expect(seen).toEqual({ url_path: 'v1/completions', body: { model: 'yaml', prompt: 'x' } });
    const byName = await fetch(`${place.inference}/predictions/yaml/1.0/v1/anything`, { method: 'POST', body: 'y' });
    expect(await byName.json()).toMatchObject({ url_path: 'v1/anything' });
    await expect(client.embeddings.create({ model: 'yaml', input: 'x' })).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  });
});

describe('a model without workers', () => {
  it('is not known to answer before one has loaded', async () => {
    expect((await api.register('url=parrot.mar&model_name=late&initial_workers=0')).status).toBe(200);
    await expect(complete('x', 'late')).rejects.toMatchObject({ status: 503, code: 'service_unavailable' });
    expect((await api.scale('late', 'min_worker=1&synchronous=true')).status).toBe(200);
    expect((await complete('x', 'late')).choices[0]?.text).toBe('x ');
    expect((await api.scale('late', 'min_worker=0&max_worker=0&synchronous=true')).status).toBe(200);
    // It is known now; there is nobody to answer.
    await expect(complete('x', 'late')).rejects.toMatchObject({ status: 503 });
    expect((await client.models.list()).data.map(({ id }) => id)).toContain('late');
  });
});
