import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiOf } from '../support/api.js';
import { packArchive } from '../support/archive.js';
import { projectRoot } from '../support/release.js';
import { ServerPlace } from '../support/server.js';

const handler = join(projectRoot, 'test/fixtures/handlers/mirror.py');
const megabyte = 1024 * 1024;

let place: ServerPlace;
let api: ReturnType<typeof apiOf>;

async function serve(...config: string[]): Promise<void> {
  place = await ServerPlace.make();
  await packArchive(place.store, { name: 'mirror', handler });
  await place.start({
    config: [
      'disable_token_authorization=true',
      'enable_model_api=true',
      'max_request_size=100000000',
      'max_response_size=100000000',
      'metrics_mode=prometheus',
      ...config,
    ],
  });
  api = apiOf(place);
  const settings = 'initial_workers=2&batch_size=4&max_batch_delay=2&response_timeout=60';
  expect((await api.register(`url=mirror.mar&${settings}`)).status).toBe(200);
}

async function send(body: Buffer | FormData | ReadableStream, headers: Record<string, string> = {}): Promise<Response> {
  const init = { method: 'POST', body, headers, duplex: 'half' } as RequestInit;
  return await fetch(`${place.inference}/predictions/mirror`, init);
}

const digest = (bytes: ArrayBuffer | Buffer): string =>
  createHash('sha256').update(new Uint8Array(bytes)).digest('hex');

async function mirrored(body: Buffer, headers: Record<string, string> = {}): Promise<void> {
  const answer = await send(body, headers);
  const bytes = await answer.arrayBuffer();
  expect([answer.status, bytes.byteLength, digest(bytes)]).toEqual([200, body.length, digest(body)]);
}

/** The files in memory that the server has open: their names, and the bytes for which they have memory. */
function sharedFiles(): { target: string; bytes: number }[] {
  return readdirSync(`/proc/${place.pid}/fd`).flatMap((number) => {
    const path = `/proc/${place.pid}/fd/${number}`;
    const target = linkOf(path);
    return target.startsWith('/dev/shm/') ? [{ target, bytes: statSync(path).blocks * 512 }] : [];
  });
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // closed since
  }
}

/** Sizes around the threshold, the socket's reads and the pages, and some at random. */
const sizes = [1, 32_767, 32_768, 32_769, 65_536, 1_000_003, megabyte, 3 * megabyte + 1];

describe.each([
  ['shared memory', []],
  ['shared memory that is soon full', ['shared_memory_size=4194304']],
  ['messages', ['shared_memory_size=0']],
] as const)('large bodies through %s', (name, config) => {
  beforeAll(() => serve(...config));
  afterAll(() => place.close());

  it('come to the handler and back as they are, many at a time', async () => {
    const random = Array.from({ length: 40 }, () => Math.floor(Math.random() ** 3 * 2 * megabyte) + 1);
    const bodies = [...sizes, ...random].map((size) => randomBytes(size));
    await Promise.all(bodies.map((body) => mirrored(body)));
    const used = sharedFiles().reduce((sum, { bytes }) => sum + bytes, 0);
    expect(used > 0).toBe(name !== 'messages');
    const metrics = await (await fetch(`${place.metrics}/metrics`)).text();
    expect(metrics).toMatch(/^torchbridge_shared_memory_bytes 0\.0$/m);
    const refused = Number(/^torchbridge_shared_memory_refusals_total (\S+)$/m.exec(metrics)?.[1]);
    expect(refused > 0).toBe(name === 'shared memory that is soon full');
  });

  it('come in pieces of unknown number, and in forms, too', async () => {
    const body = randomBytes(2 * megabyte);
    const pieces = new ReadableStream({
      start(controller) {
        for (let at = 0; at < body.length; at += 100_000) controller.enqueue(body.subarray(at, at + 100_000));
        controller.close();
      },
    });
    expect(digest(await (await send(pieces)).arrayBuffer())).toBe(digest(body));
    const form = new FormData();
    form.set('data', new Blob([body]));
    expect(digest(await (await send(form)).arrayBuffer())).toBe(digest(body));
  });

  it('are text and JSON to a handler where they say so', async () => {
    const text = 'ä'.repeat(100_000);
    const answer = await send(Buffer.from(text), { 'content-type': 'text/plain' });
    expect(await answer.text()).toBe(text);
  });

  it('are streamed', async () => {
    const body = randomBytes(megabyte);
    const answer = await send(body, { stream: 'yes' });
    expect(digest(await answer.arrayBuffer())).toBe(digest(Buffer.concat([body, body])));
  });

  it('survive the worker that was to have them', async () => {
    const mark = join(place.folder, `died-${name.length}`);
    // One worker is killed while it runs a batch; the bodies that were meant for it come through the other.
    const bodies = Array.from({ length: 12 }, () => randomBytes(megabyte));
    const killing = send(randomBytes(megabyte), { 'die-once': mark, wait: '0.3' });
    const others = bodies.map((body) => mirrored(body));
    expect([500, 507]).toContain((await killing).status);
    // Those that shared its batch were answered as it was.
    const settled = await Promise.allSettled(others);
    expect(settled.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThanOrEqual(12 - 3);
    await Promise.all(bodies.map((body) => mirrored(body)));
  });

  it('are given up by callers who leave, and others are not touched', async () => {
    const left = Array.from({ length: 6 }, () => {
      const leaving = new AbortController();
      setTimeout(() => leaving.abort(), Math.random() * 100);
      return fetch(`${place.inference}/predictions/mirror`, {
        method: 'POST',
        body: randomBytes(megabyte),
        headers: { wait: '0.05' },
        signal: leaving.signal,
      }).catch(() => null);
    });
    await Promise.all(Array.from({ length: 12 }, () => mirrored(randomBytes(megabyte))));
    await Promise.all(left);
  });
});

describe('the memory of large bodies', () => {
  afterAll(() => place.close());

  it('has no name in the file system, so that nothing is left of it however the server ends', async () => {
    await serve();
    await mirrored(randomBytes(megabyte));
    const files = sharedFiles();
    // That of the requests, and one for the answers of each worker.
    expect(files.map(({ target }) => target)).toEqual(
      Array(3).fill(expect.stringMatching(/^\/dev\/shm\/.*\(deleted\)$/)),
    );
    process.kill(place.pid, 'SIGKILL');
    await expect.poll(() => place.processes(), { timeout: 10_000 }).toEqual([]);
  });
});
