import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { runCommand } from './command.js';
import { projectRoot } from './release.js';

/** What an example's example.json says: how to make its archive, what to ask, and what is answered. */
export interface Example {
  /** Python modules that it needs beside those of every worker. */
  readonly requires?: readonly string[];
  /** Makes what the archive is packed of; every command is typed in the example's folder. */
  readonly build?: string;
  readonly archive: string;
  /** The requests are made one after the other, and not all at once. */
  readonly inOrder?: boolean;
  /** Packs a workflow of the archives' models; it is registered in their place. */
  readonly workflow?: string;
  readonly requests: readonly ExampleRequest[];
}

export interface ExampleRequest {
  readonly path: string;
  /** Media type of the body; none unless told. */
  readonly type?: string;
  /** Further headers. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The body: a file, or the text itself; or else a form, whose fields are as after curl's -F. */
  readonly file?: string;
  readonly body?: string;
  readonly form?: Readonly<Record<string, string>>;
  /** File with the answer: JSON, whose numbers may be off by 1e-5, or text. */
  readonly expected?: string;
}

const examples = join(projectRoot, 'examples');

/** The folders of examples/ that have an example.json. */
export function exampleNames(): string[] {
  return readdirSync(examples, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .filter((name) => readdirSync(join(examples, name)).includes('example.json'));
}

/** The example.json of a folder of examples/. */
export function readExample(name: string): Example {
  return JSON.parse(readFileSync(join(examples, name, 'example.json'), 'utf8'));
}

/** Copies a folder of examples/, without what was built in it. */
export function copyExample(name: string, folder: string): void {
  cpSync(join(examples, name), folder, { recursive: true });
  rmSync(join(folder, 'build'), { recursive: true, force: true });
}

/** The name that the archive of an example is given, also that of its file without `.mar`. */
export function modelOf({ archive }: Pick<Example, 'archive'>): string {
  return /(?<=--model-name )\S+/.exec(archive)?.[0] ?? '';
}

/** Those of the modules that the interpreter does not have. */
export function missingModules(python: string, modules: readonly string[]): string[] {
  const code = 'import importlib.util as u, sys; print(*[m for m in sys.argv[1:] if u.find_spec(m) is None])';
  return spawnSync(python, ['-c', code, ...modules], { encoding: 'utf8' })
    .stdout.trim()
    .split(' ')
    .filter(Boolean);
}

/**
 * Types a line in a folder, with our commands and the interpreter's on the path.
 * @throws Error with all that was printed, if it fails.
 */
export async function typeLine(folder: string, line: string, python: string, env: NodeJS.ProcessEnv): Promise<void> {
  const path = [dirname(python), join(projectRoot, 'bin'), process.env['PATH']].join(delimiter);
  const done = await runCommand(['sh', '-e', '-c', line], { cwd: folder, env: { ...env, PATH: path } });
  if (done.status !== 0) throw new Error(`${line} ended with ${done.status}: ${done.stdout}${done.stderr}`);
}

/** Sends a request of an example, whose files are in `folder`, to the inference API at `base`. */
export function sendRequest(base: string, folder: string, request: ExampleRequest): Promise<Response> {
  const { path, type, headers = {}, file, form = {} } = request;
  const fields = new FormData();
  for (const [field, value] of Object.entries(form)) {
    const [content = '', type] = value.split(';type=');
    if (content.startsWith('@'))
      fields.append(field, new Blob([readFileSync(join(folder, content.slice(1)))]), content);
    else if (type) fields.append(field, new Blob([content], { type }));
    else fields.append(field, content);
  }
  // Bytes, since fetch would give text and forms a type of its own choice.
  const body = file
    ? readFileSync(join(folder, file))
    : request.body === undefined
      ? fields
      : Buffer.from(request.body);
  return fetch(base + path, { method: 'POST', body, headers: { ...headers, ...(type && { 'content-type': type }) } });
}

/** Makes the requests of an example, each with `ask`; the answers in their order. */
export async function askAll<T>(
  { requests, inOrder }: Pick<Example, 'requests' | 'inOrder'>,
  ask: (request: ExampleRequest) => Promise<T>,
): Promise<T[]> {
  if (!inOrder) return Promise.all(requests.map(ask));
  const answers: T[] = [];
  for (const request of requests) answers.push(await ask(request));
  return answers;
}

/** The answer, with each number that is within 1e-5 of the wanted one (of its size, where that is over 1) replaced by it. */
export function nearly(answer: unknown, wanted: unknown): unknown {
  if (typeof answer === 'number' && typeof wanted === 'number')
    return Math.abs(answer - wanted) < 1e-5 * Math.max(1, Math.abs(wanted)) ? wanted : answer;
  if (Array.isArray(answer) && Array.isArray(wanted)) return answer.map((item, index) => nearly(item, wanted[index]));
  if (!isRecord(answer) || !isRecord(wanted)) return answer;
  return Object.fromEntries(Object.entries(answer).map(([key, value]) => [key, nearly(value, wanted[key])]));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
