import { spawn } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packArchive } from '../support/archive.js';
import { RawConnection } from '../support/raw-http.js';
import { projectRoot } from '../support/release.js';
import { ServerPlace } from '../support/server.js';

let place: ServerPlace;

beforeAll(async () => {
  place = await ServerPlace.make();
  const conformance = join(projectRoot, 'test/conformance/handlers');
  const fixtures = join(projectRoot, 'test/fixtures/handlers');
  await packArchive(place.store, { name: 'echo', handler: join(fixtures, 'echo_length.py') });
  await packArchive(place.store, { name: 'misbehave', handler: join(fixtures, 'misbehave.py') });
  await packArchive(place.store, { name: 'stream', handler: join(conformance, 'stream.py') });
});
afterAll(() => place?.close());

describe('without tokens', () => {
  beforeAll(() => place.start({ models: ['all'] }));
  afterAll(() => place.stop());

  const connect = () => {
    const { hostname, port } = new URL(place.inference);
    return new RawConnection({ host: hostname, port: Number(port) });
  };

  test('a large body of curl, which asks before it sends', async () => {
    writeFileSync(join(place.folder, 'large'), Buffer.alloc(5_000_000, 1));
    const words = ['-sS', '--max-time', '20', `${place.inference}/predictions/echo`, '-T', join(place.folder, 'large')];
    expect(JSON.parse(await outputOf('curl', words))).toEqual({ body: 5_000_000 });
  });

  test('a multipart upload of curl', async () => {
    writeFileSync(join(place.folder, 'small.bin'), 'abc');
    const words = [
      '-sS',
      `${place.inference}/predictions/echo`,
      '-F',
      `data=@${join(place.folder, 'small.bin')}`,
      '-F',
      'a=bc',
    ];
    expect(JSON.parse(await outputOf('curl', words))).toEqual({ data: 3, a: 2 });
  });

  test('results in pieces come as chunks, and the first says that more come', async () => {
    const connection = connect();
    connection.write('POST /predictions/stream HTTP/1.1\r\ncontent-length: 1\r\n\r\n3');
    const { headers, body, complete } = await connection.response('POST', 20_000);
    expect(headers).toContainEqual(['ts_stream_next', 'true']);
    expect(headers).toContainEqual(['transfer-encoding', 'chunked']);
    expect([body.toString(), complete]).toEqual(['piece 0;piece 1;piece 2.', true]);
    connection.close();
  });

  test('a handler can see that its caller hung up', async () => {
    const said = join(place.folder, 'said');
    const text = `wait-for-cancel ${said}`;
    const connection = connect().write(
      `POST /predictions/misbehave HTTP/1.1\r\ncontent-length: ${text.length}\r\n\r\n${text}`,
    );
    await sleep(1000);
    connection.close();
    await expect.poll(() => readIfThere(said), { timeout: 15_000 }).toBe('cancelled');
  });

  test('a web page of another site registers nothing', async () => {
    const refused = await fetch(`${place.management}/models?url=echo.mar&model_name=evil`, {
      method: 'POST',
      headers: { origin: 'http://evil.example' },
    });
    expect(refused.status).toBe(403);
    expect((await fetch(`${place.management}/models/evil`)).status).toBe(404);
  });

  test('the access log tells of each response', async () => {
    await fetch(`${place.inference}/ping?told=1`);
    const line = /- \/127\.0\.0\.1:\d+ "GET \/ping\?told=1 HTTP\/1\.1" 200 \d+$/m;
    await expect.poll(() => readIfThere(join(place.folder, 'logs/access_log.log'))).toMatch(line);
  });
});

describe('with tokens', () => {
  const keyFile = () => join(place.folder, 'key_file.json');
  const key = (name: string) =>
    (JSON.parse(readFileSync(keyFile(), 'utf8')) as Record<string, { key: string }>)[name]?.key ?? '';
  const ask = async (url: string, name: string) =>
    (await fetch(url, { headers: { authorization: `Bearer ${key(name)}` } })).status;

  beforeAll(() =>
    place.start({
      models: ['echo=echo.mar'],
      config: ['default_workers_per_model=1', 'disable_token_authorization=false'],
    }),
  );
  afterAll(() => place.stop());

  test('the key file is for its owner, and opens each API', async () => {
    expect(statSync(keyFile()).mode & 0o777).toBe(0o600);
    expect((await fetch(`${place.inference}/ping`)).status).toBe(400);
    expect(await ask(`${place.inference}/ping`, 'inference')).toBe(200);
    expect(await ask(`${place.management}/models`, 'management')).toBe(200);
    expect(await ask(`${place.management}/models`, 'inference')).toBe(400);
    expect((await fetch(`${place.metrics}/metrics`)).status).toBe(200);
  });

  test('rotation', async () => {
    const old = key('inference');
    expect(await ask(`${place.management}/token?type=inference`, 'API')).toBe(200);
    expect((await fetch(`${place.inference}/ping`, { headers: { authorization: `Bearer ${old}` } })).status).toBe(400);
    expect(await ask(`${place.inference}/ping`, 'inference')).toBe(200);
  });

  test('no key stands in any log', () => {
    for (const name of ['inference', 'management', 'API']) expect(place.log()).not.toContain(key(name));
  });
});

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function outputOf(command: string, words: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
    });
    child.on('error', reject);
    child.on('close', (status) =>
      status === 0 ? resolve(text) : reject(new Error(`${command} ended with ${status}`)),
    );
  });
}
