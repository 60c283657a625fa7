import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { delimiter, dirname, extname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiOf } from '../support/api.js';
import { runCommand } from '../support/command.js';
import { projectRoot } from '../support/release.js';
import { ServerPlace } from '../support/server.js';

/** What an example's example.json says: how to make its archive, what to ask, and what is answered. */
interface Example {
  /** Python modules that it needs beside those of every worker. */
  readonly requires?: readonly string[];
  /** Makes what the archive is packed of; every command is typed in the example's folder. */
  readonly build?: string;
  readonly archive: string;
  readonly requests: readonly Request[];
}

interface Request {
  readonly path: string;
  /** Media type of the file; none unless told. */
  readonly type?: string;
  /** The body, as a file. */
  readonly file?: string;
  /** The body, as a form: text, or `@` and a file. */
  readonly form?: Readonly<Record<string, string>>;
  /** File with the answer: JSON, whose numbers may be off by 1e-5, or text. */
  readonly expected: string;
}

const examples = join(projectRoot, 'examples');
const python = process.env['TS_PYTHON'] ?? 'python3';

const found = readdirSync(examples, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .filter((name) => readdirSync(join(examples, name)).includes('example.json'));

function read(name: string): Example {
  return JSON.parse(readFileSync(join(examples, name, 'example.json'), 'utf8'));
}

/** Those of the modules that the interpreter does not have. */
function missing(modules: readonly string[]): string[] {
  const code = 'import importlib.util as u, sys; print(*[m for m in sys.argv[1:] if u.find_spec(m) is None])';
  return spawnSync(python, ['-c', code, ...modules], { encoding: 'utf8' })
    .stdout.trim()
    .split(' ')
    .filter(Boolean);
}

/** The answer, with each number that is within 1e-5 of the wanted one replaced by that. */
function nearly(answer: unknown, wanted: unknown): unknown {
  if (typeof answer === 'number' && typeof wanted === 'number')
    return Math.abs(answer - wanted) < 1e-5 ? wanted : answer;
  if (Array.isArray(answer) && Array.isArray(wanted)) return answer.map((item, index) => nearly(item, wanted[index]));
  if (!isRecord(answer) || !isRecord(wanted)) return answer;
  return Object.fromEntries(Object.entries(answer).map(([key, value]) => [key, nearly(value, wanted[key])]));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

describe('the examples', () => {
  let place: ServerPlace;

  beforeAll(async () => {
    place = await ServerPlace.make();
    await place.start();
  });

  afterAll(() => place?.close());

  async function type(folder: string, line: string): Promise<void> {
    const path = [dirname(python), join(projectRoot, 'bin'), process.env['PATH']].join(delimiter);
    const done = await runCommand(['sh', '-e', '-c', line], { cwd: folder, env: { ...place.env, PATH: path } });
    expect(done.status, done.stdout + done.stderr).toBe(0);
  }

  function send(folder: string, { path, type, file, form = {} }: Request): Promise<Response> {
    const fields = new FormData();
    for (const [field, value] of Object.entries(form)) {
      if (value.startsWith('@')) fields.append(field, new Blob([readFileSync(join(folder, value.slice(1)))]), value);
      else fields.append(field, value);
    }
    const body = file ? readFileSync(join(folder, file)) : fields;
    return fetch(place.inference + path, { method: 'POST', body, headers: type ? { 'content-type': type } : {} });
  }

  for (const name of found) {
    const example = read(name);
    const lacking = missing(example.requires ?? []);
    if (lacking.length > 0) {
      test.skip(`${name}: needs ${lacking.join(', ')}, which ${python} has not`);
      continue;
    }
    test(`${name} is answered as plain PyTorch answers it`, async () => {
      const folder = join(place.folder, name);
      const api = apiOf(place);
      cpSync(join(examples, name), folder, { recursive: true });
      rmSync(join(folder, 'build'), { recursive: true, force: true });
      if (example.build) await type(folder, example.build);
      await type(folder, `mkdir -p model_store && ${example.archive}`);
      cpSync(join(folder, 'model_store'), place.store, { recursive: true });
      const [model = ''] = /(?<=--model-name )\S+/.exec(example.archive) ?? [];
      const registered = await api.register(`url=${model}.mar&initial_workers=1&synchronous=true`);
      expect(registered.status, `${registered.text}\n${registered.status === 200 ? '' : place.log()}`).toBe(200);
      const answers = await Promise.all(example.requests.map((request) => send(folder, request)));
      for (const [index, { expected, path }] of example.requests.entries()) {
        const answer = answers[index] as Response;
        const text = await answer.text();
        expect(answer.status, `${path}: ${text}\n${answer.ok ? '' : place.log()}`).toBe(200);
        const wanted = readFileSync(join(folder, expected), 'utf8');
        if (extname(expected) !== '.json') expect(text).toBe(wanted);
        else expect(nearly(JSON.parse(text), JSON.parse(wanted))).toEqual(JSON.parse(wanted));
      }
      expect((await api.unregister(model)).status).toBe(200);
    });
  }
});
