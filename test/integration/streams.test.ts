import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { packArchive } from '../support/archive.js';
import { projectRoot } from '../support/release.js';
import { ServerPlace } from '../support/server.js';
import { WebSocketClient } from '../support/web-socket-client.js';

const MEGABYTE = 1 << 20;
let place: ServerPlace;
let progress: string;

beforeAll(async () => {
  place = await ServerPlace.make();
  await packArchive(place.store, { name: 'pours', handler: join(projectRoot, 'test/fixtures/handlers/pours.py') });
  await place.start({
    models: ['pours=pours.mar'],
    config: [
      'default_workers_per_model=1',
      'default_response_timeout=2',
      'stream_stall_timeout=8',
      'disable_token_authorization=true',
      'enable_model_api=true',
    ],
  });
  progress = join(place.folder, 'progress');
});
afterAll(() => place?.close());
beforeEach(() => rmSync(progress, { force: true }));

const asked = (pieces: number, more: Record<string, unknown> = {}) =>
  JSON.stringify({ pieces, size: MEGABYTE, progress, ...more });
const sent = () => (existsSync(progress) ? Number(readFileSync(progress, 'utf8') || 0) : -1);
const url = () => `${place.inference}/predictions/pours`;

/** Resolves once the handler has made no progress for a second. */
async function stuck(): Promise<number> {
  for (let before = -2, now = sent(); ; before = now, now = sent()) {
    if (now >= 0 && now === before) return now;
    await sleep(1000);
  }
}

/** Asks over a socket that reads nothing. */
function askAndReadNothing(pieces: number) {
  const { hostname, port } = new URL(place.inference);
  const socket = connect(Number(port), hostname).on('error', () => {});
  socket.pause();
  const body = asked(pieces);
  socket.write(`POST /predictions/pours HTTP/1.1\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  return socket;
}

describe('a reader that does not keep up', () => {
  test('holds the handler up, past its response timeout; then everything arrives', async () => {
    const response = await new Promise<import('node:http').IncomingMessage>((resolve) => {
      request(url(), { method: 'POST' }, resolve).end(asked(64));
    });
    expect(await stuck()).toBeLessThan(40);
    // Longer than the response timeout, which does not run meanwhile.
    await sleep(3000);
    let bytes = 0;
    response.on('data', (piece: Buffer) => {
      bytes += piece.length;
    });
    await once(response, 'end');
    expect(bytes).toBe(64 * MEGABYTE + 3);
    expect(place.log()).not.toContain('Worker died');
  });

  test('is cut off where it reads nothing, and the worker is free for others', async () => {
    const socket = askAndReadNothing(10_000);
    await stuck();
    const answer = await fetch(url(), { method: 'POST', body: asked(1, { size: 1 }) });
    expect(await answer.text()).toBe('xend');
    await once(socket.resume(), 'close');
    expect(place.log()).not.toContain('Worker died');
  });
});

test('a piece that is made by itself arrives before the next one is made', async () => {
  const heard = join(place.folder, 'heard');
  const response = await new Promise<import('node:http').IncomingMessage>((resolve) => {
    request(url(), { method: 'POST' }, resolve).end(asked(5, { size: 1, heard }));
  });
  const arrived: string[] = [];
  for await (const piece of response) {
    arrived.push(String(piece));
    writeFileSync(heard, String(arrived.length));
  }
  expect(arrived).toEqual(['x', 'x', 'x', 'x', expect.stringMatching(/^x/), ...arrived.slice(5)]);
  expect(arrived.join('')).toBe('xxxxxend');
});

test('a reader that leaves stops a handler that never looks', async () => {
  const controller = new AbortController();
  const response = await fetch(url(), { method: 'POST', body: asked(1_000_000), signal: controller.signal });
  await response.body?.getReader().read();
  controller.abort();
  const answer = await fetch(url(), { method: 'POST', body: asked(1, { size: 1 }) });
  expect(await answer.text()).toBe('xend');
});

test('as server-sent events', async () => {
  const headers = { accept: 'text/event-stream' };
  const answer = await fetch(url(), { method: 'POST', body: asked(2, { size: 1, fails_at: 1 }), headers });
  expect(answer.headers.get('content-type')).toBe('text/event-stream');
  expect(await answer.text()).toMatch(
    /^data: x\n\ndata: x\n\nevent: error\ndata: \{"code":503,"type":"InternalServerException","message":"Prediction failed"\}\n\n$/,
  );
});

describe('over a WebSocket', () => {
  const open = () => WebSocketClient.connect(url().replace('http', 'ws'));

  test('pieces are messages, an error in the middle is one too, and the next request is served', async () => {
    const client = await open();
    client
      .send(asked(2, { size: 2 }))
      .send(asked(3, { size: 1, fails_at: 1 }))
      .send(asked(0));
    expect(await client.take(8)).toEqual([
      { text: 'xx' },
      { text: 'xx' },
      { text: 'end' },
      { text: '' },
      { text: 'x' },
      { text: 'x' },
      { text: expect.stringContaining('Prediction failed') },
      { text: 'end' },
    ]);
    await client.close();
  });

  test('a client that reads nothing is cut off, and the worker is free for others', async () => {
    const client = await open();
    client.send(asked(10_000)).socket.pause();
    await stuck();
    const other = await open();
    expect(await other.send(asked(0)).next()).toEqual({ text: 'end' });
    client.socket.terminate();
    await other.close();
  });

  test('stopping the server answers what was asked', async () => {
    const client = await open();
    client.send(asked(3, { size: 1 }));
    await client.next();
    const stopped = place.stop();
    expect(await client.take(4)).toEqual([{ text: 'x' }, { text: 'x' }, { text: 'end' }, { text: '' }]);
    expect(await client.next()).toEqual({ closed: 1001 });
    await stopped;
  });
});
