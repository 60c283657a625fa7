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
  await place.start({
    config: ['metrics_mode=prometheus', 'disable_token_authorization=true', 'enable_model_api=true'],
  });
  api = apiOf(place);
  for (const name of ['parrot', 'yaml'])
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
    expect(models).toEqual(['parrot', 'yaml', 'polly', 'birds/ara']);
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
