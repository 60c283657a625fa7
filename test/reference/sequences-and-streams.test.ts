import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { apiOf, type Reply } from '../support/api.js';
import { packArchive } from '../support/archive.js';
import { collect, type GrpcClient, inferenceClient } from '../support/grpc.js';
import { projectRoot, type Release } from '../support/release.js';
import { expectSame } from '../support/same-answers.js';
import { ServerPlace } from '../support/server.js';
import { sequenceHeaders as names } from '../support/version-settings.js';

const fixture = (name: string) => join(projectRoot, `test/fixtures/handlers/${name}.py`);

/** One archive for each, beside `minWorkers: 1` and `maxWorkers: 1`. */
const models = {
  pours: { handler: 'pours', yaml: [] },
  steps: { handler: 'step_by_step', yaml: ['continuousBatching: true', 'batchSize: 2'] },
  talks: {
    handler: 'step_by_step',
    yaml: ['continuousBatching: true', 'batchSize: 2', 'sequenceBatching: true', 'maxNumSequence: 2'],
  },
  sums: { handler: 'running_sum', yaml: ['sequenceBatching: true', 'maxNumSequence: 3', 'batchSize: 2'] },
  brief: { handler: 'running_sum', yaml: ['sequenceBatching: true'], idleMs: 500 },
};

interface Server {
  readonly place: ServerPlace;
  readonly api: ReturnType<typeof apiOf>;
  readonly grpc: GrpcClient;
}
type Call = (server: Server) => Promise<unknown>;

const bytes = { 'content-type': 'application/octet-stream' };
/** Status and body of an answer, less the process that gave it. */
const seen = ({ status, text, json }: Reply) => (json?.pid ? { status, json: { ...json, pid: 0 } } : { status, text });
const ask = ({ api }: Server, model: string, body: unknown, headers: Record<string, string> = {}) =>
  api.predict(model, typeof body === 'string' ? body : JSON.stringify(body), { headers: { ...bytes, ...headers } });
const once =
  (model: string, body: unknown, headers?: Record<string, string>): Call =>
  async (server) =>
    seen(await ask(server, model, body, headers));

const start = { [names.start]: 'true' };
const of = (id: string, more: Record<string, string> = {}) => ({ [names.id]: id, ...more });
const pouring = ({ place }: Server, pieces: number, size = 3) =>
  JSON.stringify({ pieces, size, progress: join(place.folder, 'progress') });
/** `1/2 2/2 3/1 `: which piece it is, and how many requests ran in its step. */
const piecesIn = (text: string) => text.trim().split(' ').length;

/**
 * In this order: each may stand on those before it. Left out is what hangs in TorchServe, such as two-way calls of handlers
 * that do not stream, and continuous batching of a single piece.
 */
const calls: readonly [string, Call][] = [
  ['a stream', async (server) => seen(await ask(server, 'pours', pouring(server, 4)))],
  [
    'a stream has no length',
    async ({ place, ...rest }) => {
      const answer = await fetch(`${place.inference}/predictions/pours`, {
        method: 'POST',
        body: pouring({ place, ...rest }, 2),
        headers: bytes,
      });
      await answer.text();
      return ['transfer-encoding', 'content-length', 'content-type'].map((name) => answer.headers.get(name));
    },
  ],
  ['a stream of no pieces', async (server) => seen(await ask(server, 'pours', pouring(server, 0)))],
  ['a stream that fails before its first piece', once('pours', 'no JSON')],
  [
    'a stream over gRPC',
    async (server) => {
      const input = { body: Buffer.from(pouring(server, 3)) };
      const stream = server.grpc.stub.StreamPredictions({ model_name: 'pours', input });
      const { messages, code } = await collect<{ prediction: Buffer }>(stream);
      return { code, messages: messages.map(({ prediction }) => prediction.toString()) };
    },
  ],
  ['continuous batching', once('steps', { pieces: 3 })],
  ['continuous batching, again', once('steps', { pieces: 2 })],
  [
    'continuous batching, three at once in two slots',
    async (server) => {
      const all = await Promise.all([4, 6, 5].map((pieces) => ask(server, 'steps', { pieces, pause: 0.05 })));
      return all.map(({ status, text }) => [status, piecesIn(text)]);
    },
  ],
  [
    'continuous batching, one joins another',
    async (server) => {
      const long = ask(server, 'steps', { pieces: 40, pause: 0.05 });
      let late: Reply;
      do late = await ask(server, 'steps', { pieces: 2 });
      while (late.text !== '1/2 2/2 ');
      return [seen(late), piecesIn((await long).text)];
    },
  ],
  ['continuous batching in a sequence', once('talks', { pieces: 2 }, of('t', start))],
  ['continuous batching in a sequence, again', once('talks', { pieces: 3 }, of('t'))],
  ['a sequence that its handler ends', once('talks', { stop: true }, of('t'))],
  ['a sequence after that', once('talks', { pieces: 2 }, of('u', start))],
  ['a sequence after that, the second', once('talks', { pieces: 2 }, of('v', start))],
  ['a sequence beyond maxNumSequence of continuous batching', once('talks', { pieces: 1 }, of('w', start))],
  ['a sequence', once('sums', '1', of('a', start))],
  ['a sequence, its second request', once('sums', '2', of('a'))],
  ['a sequence beside it', once('sums', '10', of('b', start))],
  ['a sequence, its third request', once('sums', '3', of('a'))],
  ['a sequence beside it, its second request', once('sums', '20', of('b'))],
  ['a sequence that nobody began', once('sums', '1', of('unknown'))],
  ['a sequence beyond maxNumSequence', once('sums', '1', of('c', start))],
  ['a sequence without a name beyond maxNumSequence', once('sums', '1')],
  ['a sequence that goes on beside the refused', once('sums', '4', of('a'))],
  ['a name in another spelling', once('sums', '1', { TS_REQUEST_SEQUENCE_ID: 'a' })],
  [
    'a sequence that has idled makes room',
    async (server) => {
      const first = seen(await ask(server, 'brief', '1', of('a', start)));
      const refused = seen(await ask(server, 'brief', '1', of('b', start)));
      let next = await ask(server, 'brief', '2', of('b', start));
      while (next.status !== 200) next = await ask(server, 'brief', '2', of('b', start));
      return [first, refused, seen(next), seen(await ask(server, 'brief', '3', of('b')))];
    },
  ],
];

async function answersOf(release: Release): Promise<Map<string, unknown>> {
  const place = await ServerPlace.make(release);
  const answers = new Map<string, unknown>();
  const grpc = inferenceClient(place.grpcInference);
  try {
    for (const [name, { handler, yaml, ...more }] of Object.entries(models)) {
      const configFile = join(place.folder, `${name}.yaml`);
      const idle = `sequenceMaxIdleMSec: ${'idleMs' in more ? more.idleMs : 600_000}`;
      writeFileSync(configFile, ['minWorkers: 1', 'maxWorkers: 1', idle, ...yaml, ''].join('\n'));
      await packArchive(place.store, { name, handler: fixture(handler), configFile });
    }
    await place.start();
    const api = apiOf(place);
    for (const name of Object.keys(models)) {
      const { status, text } = await api.register(`url=${name}.mar&initial_workers=1&synchronous=true`);
      expect(status, `${release.name}: ${text}`).toBe(200);
    }
    for (const [name, call] of calls) answers.set(name, await call({ place, api, grpc }));
    return answers;
  } finally {
    grpc.close();
    await place.close();
  }
}

expectSame(
  calls.map(([name]) => name),
  answersOf,
);
