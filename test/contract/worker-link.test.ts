import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, type ClientDuplexStream, credentials, loadPackageDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { afterEach, describe, expect, it } from 'vitest';
import { PendingRequest } from '../../src/batching/pending-request.js';
import { Code } from '../../src/generated/torchbridge/worker/v1/Code.js';
import type { FromWorker } from '../../src/generated/torchbridge/worker/v1/FromWorker.js';
import type { ToWorker__Output } from '../../src/generated/torchbridge/worker/v1/ToWorker.js';
import type { ProtoGrpcType } from '../../src/generated/worker.js';
import { LinkServer } from '../../src/workers/link/link-server.js';
import type { LinkListener, WorkerLink } from '../../src/workers/link/worker-link.js';
import { packageRoot } from '../../src/workers/package-root.js';
import { FakeLink } from '../support/fake-worker.js';
import { inferenceInput } from '../support/inference-input.js';

/** The worker's end of a link, as this suite drives it. */
interface FarEnd {
  readonly link: WorkerLink;
  /** The worker answers a batch with one body. */
  answer(batchId: number, body: string): void;
  loaded(message: string): void;
  piece(batchId: number, index: number, body: string): void;
  /** Two pieces of a batch's first request and the batch's answer, in one message where the link has such. */
  together(batchId: number, pieces: readonly [string, string], body: string): void;
  /** The worker's process is gone. */
  vanish(): void;
  /** What the worker was told, in order. */
  heard(): string[];
  close(): Promise<void>;
}

const types = loadPackageDefinition(
  loadSync('worker.proto', {
    includeDirs: [join(packageRoot, 'proto')],
    longs: Number,
    enums: Number,
    defaults: true,
    oneofs: true,
  }),
) as unknown as ProtoGrpcType;

async function realLink(): Promise<FarEnd> {
  const folder = await mkdtemp(join(tmpdir(), 'link-'));
  const server = new LinkServer(folder);
  await server.listen();
  const expected = server.expect('9000');
  const client = new types.torchbridge.worker.v1.WorkerLink(server.target, credentials.createInsecure());
  const stream = client.Attach() as ClientDuplexStream<FromWorker, ToWorker__Output>;
  const heard: string[] = [];
  stream.on('data', (message: ToWorker__Output) => heard.push(message.command as string));
  stream.on('error', () => {});
  stream.write({ hello: { workerId: '9000', token: expected.token, pid: 77, pythonVersion: '3.11' } });
  return {
    link: await expected.link,
    answer: (batchId, body) =>
      stream.write({ results: [{ batchId, code: Code.OK, answers: [{ body: Buffer.from(body) }], elapsedUs: 5 }] }),
    loaded: (message) => stream.write({ loaded: { code: Code.LOAD_FAILED, message } }),
    piece: (batchId, index, body) =>
      stream.write({ pieces: [{ batchId, index, answer: { body: Buffer.from(body) } }] }),
    together: (batchId, pieces, body) =>
      stream.write({
        results: [{ batchId, code: Code.OK, answers: [{ body: Buffer.from(body) }], elapsedUs: 5 }],
        pieces: pieces.map((piece) => ({ batchId, index: 0, answer: { body: Buffer.from(piece) } })),
      }),
    vanish: () => stream.cancel(),
    heard: () => heard,
    close: async () => {
      (client as unknown as Client).close();
      server.close();
      await rm(folder, { recursive: true });
    },
  };
}

async function fakeLink(): Promise<FarEnd> {
  const link = new FakeLink(77);
  const answerOf = (body: string) => ({ status: 0, phrase: '', headers: [], body: Buffer.from(body) });
  const answer = (batchId: number, body: string) =>
    link.listener.result({ batchId, code: Code.OK, status: 0, message: '', answers: [answerOf(body)], elapsedUs: 5 });
  const piece = (batchId: number, index: number, body: string) => link.listener.piece(batchId, index, answerOf(body));
  return {
    link,
    answer,
    loaded: (message) => link.listener.loaded({ code: Code.LOAD_FAILED, message }),
    piece,
    together: (batchId, pieces, body) => {
      for (const text of pieces) piece(batchId, 0, text);
      answer(batchId, body);
    },
    vanish: () => link.close(),
    heard: () => [
      ...link.loads.map(() => 'load'),
      ...link.batches.map(() => 'batch'),
      ...link.cancelled.map(() => 'cancel'),
      ...link.tuned.map(() => 'tune'),
      ...Array(link.shutdowns).fill('shutdown'),
    ],
    close: async () => {},
  };
}

class Recorder implements LinkListener {
  readonly said: unknown[] = [];
  loaded(outcome: { code: number; message: string }): void {
    this.said.push(['loaded', outcome.code, outcome.message]);
  }
  result(result: { batchId: number; answers: { body: Uint8Array }[] }): void {
    this.said.push(['result', result.batchId, Buffer.from(result.answers[0]?.body ?? []).toString()]);
  }
  piece(batchId: number, index: number, answer: { body: Uint8Array }): void {
    this.said.push(['piece', batchId, index, Buffer.from(answer.body).toString()]);
  }
  metrics(): void {
    this.said.push(['metrics']);
  }
  closed(): void {
    this.said.push(['closed']);
  }
}

describe.each([
  ['the gRPC link', realLink],
  ['the fake link of the unit tests', fakeLink],
])('%s', (_name, connect) => {
  let far: FarEnd;
  afterEach(() => far.close());

  it('knows the process at its far end', async () => {
    far = await connect();
    expect(far.link.pid).toBe(77);
  });

  it('brings what the worker says, in order', async () => {
    far = await connect();
    const recorder = new Recorder();
    far.link.listen(recorder);
    far.loaded('no weights');
    far.piece(4, 0, 'a');
    far.answer(4, 'b');
    far.together(5, ['c', 'd'], 'e');
    await expect
      .poll(() => recorder.said)
      .toEqual([
        ['loaded', Code.LOAD_FAILED, 'no weights'],
        ['piece', 4, 0, 'a'],
        ['result', 4, 'b'],
        ['piece', 5, 0, 'c'],
        ['piece', 5, 0, 'd'],
        ['result', 5, 'e'],
      ]);
  });

  it('carries every command', async () => {
    far = await connect();
    far.link.listen(new Recorder());
    far.link.load({ modelName: 'm' }, { threads: 1, placement: { cpus: [0], memoryNode: null } });
    far.link.send([{ id: 1, requests: [new PendingRequest(inferenceInput())] }]);
    far.link.cancel(1, [0]);
    far.link.tune({ threads: 2, placement: null });
    far.link.shutdown();
    await expect.poll(() => far.heard().slice(0, 5)).toEqual(['load', 'batch', 'cancel', 'tune', 'shutdown']);
  });

  it('says once that it is closed when the worker is gone', async () => {
    far = await connect();
    const recorder = new Recorder();
    far.link.listen(recorder);
    far.vanish();
    await expect.poll(() => recorder.said).toEqual([['closed']]);
    far.link.close();
    far.link.send([]);
    expect(recorder.said).toEqual([['closed']]);
  });

  it('says so to one who listens too late, too', async () => {
    far = await connect();
    far.vanish();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const recorder = new Recorder();
    far.link.listen(recorder);
    await expect.poll(() => recorder.said).toEqual([['closed']]);
  });

  it('is closed by the frontend, too', async () => {
    far = await connect();
    const recorder = new Recorder();
    far.link.listen(recorder);
    far.link.close();
    await expect.poll(() => recorder.said).toEqual([['closed']]);
  });
});

describe('the link server', () => {
  it.each([
    ['a wrong token', { workerId: '9000', token: 'wrong' }],
    ['a worker that nobody expects', { workerId: '9001', token: 'wrong' }],
  ])('sends %s away', async (_name, hello) => {
    const folder = await mkdtemp(join(tmpdir(), 'link-'));
    const server = new LinkServer(folder);
    await server.listen();
    server.expect('9000');
    const client = new types.torchbridge.worker.v1.WorkerLink(server.target, credentials.createInsecure());
    const stream = client.Attach();
    const refused = new Promise<{ code: number }>((resolve) => stream.on('error', (error) => resolve(error as never)));
    stream.write({ hello });
    expect((await refused).code).toBe(16);
    (client as unknown as Client).close();
    server.close();
    await rm(folder, { recursive: true });
  });

  it('takes a token once a rank, and has a worker of several together when the last one came', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'link-'));
    const server = new LinkServer(folder);
    await server.listen();
    const { token, links } = server.expectRanks('29500', 2);
    const client = new types.torchbridge.worker.v1.WorkerLink(server.target, credentials.createInsecure());
    const dial = (rank: number) => {
      const stream = client.Attach();
      const refused = new Promise<number>((resolve) =>
        stream.on('error', (error) => resolve((error as unknown as { code: number }).code)),
      );
      stream.write({ hello: { workerId: '29500', token, rank, pid: 70 + rank, worldSize: 2 } });
      return { stream, refused };
    };
    const second = dial(1);
    expect(await Promise.race([links, dial(1).refused])).toBe(16);
    const first = dial(0);
    expect((await links).map(({ pid }) => pid)).toEqual([70, 71]);
    expect(await dial(0).refused).toBe(16);
    for (const { stream } of [first, second]) stream.cancel();
    (client as unknown as Client).close();
    server.close();
    await rm(folder, { recursive: true });
  });

  it('takes a token once', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'link-'));
    const server = new LinkServer(folder);
    await server.listen();
    const expected = server.expect('9000');
    const client = new types.torchbridge.worker.v1.WorkerLink(server.target, credentials.createInsecure());
    const hello = { hello: { workerId: '9000', token: expected.token } };
    const first = client.Attach();
    first.on('error', () => {});
    first.write(hello);
    await expected.link;
    const second = client.Attach();
    const refused = new Promise<{ code: number }>((resolve) => second.on('error', (error) => resolve(error as never)));
    second.write(hello);
    expect((await refused).code).toBe(16);
    first.cancel();
    (client as unknown as Client).close();
    server.close();
    await rm(folder, { recursive: true });
  });
});
