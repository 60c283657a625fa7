import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { apiOf } from '../support/api.js';
import { packArchive } from '../support/archive.js';
import { runCommand } from '../support/command.js';
import { copyExample, typeLine } from '../support/example.js';
import { pythonWith } from '../support/python-with.js';
import { projectRoot } from '../support/release.js';
import { ServerPlace } from '../support/server.js';

const python = process.env['TS_PYTHON'] ?? 'python3';
/** A Python with the public client package: the test environment's. */
const clientPython = pythonWith('openai');
/** The commands of the README's one block of them. */
const readme = readFileSync(join(projectRoot, 'examples/openai_api/README.md'), 'utf8');
const [build, , pack] = /```sh\n(.*?)\n```/s.exec(readme)?.[1]?.split('\n') ?? [];

/** What the model writes behind "Beware the Jab", by plain PyTorch. */
let continuation: string;
let place: ServerPlace;
let example: string;

beforeAll(async () => {
  place = await ServerPlace.make();
  example = join(place.folder, 'openai_api');
  for (const name of ['language_model', 'openai_api']) copyExample(name, join(place.folder, name));
  await typeLine(example, build ?? '', python, place.env);
  await typeLine(example, pack?.replace('model_store', place.store) ?? '', python, place.env);
  const handlers = join(projectRoot, 'test/fixtures/handlers');
  await packArchive(place.store, { name: 'undeclared', handler: join(handlers, 'where_from.py') });
  await packArchive(place.store, { name: 'parrot', handler: join(handlers, 'parrot.py') });
  await place.start();
  // Before a worker has loaded, nobody knows what its model answers.
  for (const name of ['writer', 'undeclared', 'parrot'])
    expect((await apiOf(place).register(`url=${name}.mar`)).status).toBe(200);
  continuation = readFileSync(join(place.folder, 'language_model/build/continuation0.txt'), 'utf8');
});
afterAll(() => place?.close());

describe.skipIf(clientPython === null)('the Python package openai (in the test environment)', () => {
  it('sees what it should of every route', async () => {
    const script = join(projectRoot, 'test/fixtures/openai_client.py');
    const done = await runCommand([clientPython ?? '', script, place.inference], { cwd: place.folder });
    expect(done.status, `${done.stderr}\n${place.log()}`).toBe(0);
    const seen = JSON.parse(done.stdout.trim().split('\n').at(-1) ?? '');
    const written = continuation.slice(0, 9);
    const refused = ['BadRequestError', 400, null];
    const unknown = ['NotFoundError', 404, 'model_not_found', 'model'];
    expect(seen).toMatchObject({
      models: expect.arrayContaining([['writer', 'model', 'torchbridge']]),
      model: 'writer',
      version: 'writer/1.0',
      'asked by version': written,
      completion: { object: 'text_completion', choices: [[0, written, 'length']], usage: [14, 9, 23] },
      chat: ['chat.completion', 'assistant', written, 'length'],
      'chat usage': [14, 9, 23],
      tokens: 'length',
      'a seed decides': true,
      'by path': written,
      'streamed by path': written,
      'models by path': ['writer'],
      'refused by path': [...refused, 'max_tokens'],
      stream: {
        objects: ['chat.completion.chunk'],
        ids: 1,
        role: 'assistant',
        pieces: [...written],
        finish: 'length',
        usage: [14, 9, 23],
      },
      'left a stream': true,
      embeddings: { objects: ['list', 'embedding'], dimensions: [160, 160], length: 1, same: true, usage: 11 },
      'side by side': [written],
      errors: {
        'unknown model': unknown,
        'undeclared model': unknown,
        'unknown version': unknown,
        'unknown model retrieved': unknown,
        'no messages': [...refused, 'messages'],
        'by the handler': [...refused, 'temperature'],
        'an image': [...refused, 'messages'],
        dimensions: [...refused, 'dimensions'],
        'a stream': [...refused, 'prompt'],
        'a broken stream': ['APIError', 'Worker died.'],
        'no route': ['NotFoundError', 404, '404', null],
      },
    });
    expect(continuation.startsWith(seen['stream until a stop'])).toBe(true);
    const several = seen.several.choices.map(([, text]: [number, string]) => text);
    expect(several.map((text: string) => text.slice(0, 9))).toEqual([
      'Beware th',
      'Beware th',
      'One, two!',
      'One, two!',
    ]);
  });

  test('ask.py of the example prints what plain PyTorch writes', async () => {
    const done = await runCommand([clientPython ?? '', 'ask.py', `${place.inference}/v1`], { cwd: example });
    expect(done.status, done.stderr).toBe(0);
    const lines = done.stdout.trim().split('\n');
    const quoted = JSON.stringify(continuation).slice(1, -1).replaceAll('\\"', '"');
    expect(lines[0]).toBe('models: parrot, writer, polly, birds/ara');
    expect(lines[2]).toBe(`chat: ${quoted}`);
    expect(lines[3]).toBe('nearer to each other than to the third: True');
  });
});

describe('the npm package openai', () => {
  const ask = { model: 'writer', messages: [{ role: 'user' as const, content: 'Beware the Jab' }], temperature: 0 };
  let client: OpenAI;
  beforeAll(() => {
    client = new OpenAI({ baseURL: `${place.inference}/v1`, apiKey: 'none', maxRetries: 0 });
  });

  it('is answered whole and in pieces', async () => {
    const whole = await client.chat.completions.create({ ...ask, max_tokens: 48 });
    expect(whole.choices[0]?.message.content).toBe(continuation);
    let text = '';
    for await (const chunk of await client.chat.completions.create({ ...ask, max_tokens: 48, stream: true }))
      text += chunk.choices[0]?.delta.content ?? '';
    expect(text).toBe(continuation);
  });

  it('has its own classes of errors', async () => {
    await expect(client.chat.completions.create({ ...ask, model: 'none' })).rejects.toBeInstanceOf(
      OpenAI.NotFoundError,
    );
    await expect(client.chat.completions.create({ ...ask, n: 0 })).rejects.toMatchObject({ status: 400, param: 'n' });
  });

  it('gets vectors', async () => {
    const { data } = await client.embeddings.create({ model: 'writer', input: 'vorpal' });
    expect(data[0]?.embedding).toHaveLength(160);
  });
});

describe('a stream that its client leaves', () => {
  it('is no longer worked on: its place in the batch is free', async () => {
    const asked = (signal: AbortSignal) =>
      fetch(`${place.inference}/v1/completions`, {
        method: 'POST',
        body: JSON.stringify({ model: 'writer', prompt: 'One', max_tokens: 400, stream: true }),
        signal,
      });
    const leaving = new AbortController();
    const streams = await Promise.all(Array.from({ length: 8 }, () => asked(leaving.signal)));
    leaving.abort();
    await Promise.all(streams.map((stream) => stream.text().catch(() => {})));
    const answer = await asked(AbortSignal.timeout(20_000));
    expect((await answer.text()).endsWith('data: [DONE]\n\n')).toBe(true);
  });
});
