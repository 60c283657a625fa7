import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { modelArchive } from '../../../src/archive/archive-kind.js';
import { type DownloadOptions, download } from '../../../src/archive/download.js';
import { defaultLimits } from '../../../src/archive/limits.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const everything = [/.*/];
const servers: Server[] = [];
let folder: string;
let target: string;

beforeEach(() => {
  folder = temporaryFolder('download');
  target = join(folder, 'target');
});

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
});

/** Serves with `answer` on a port of its own; answers the base address. */
async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const fetchTo = (url: string, options: Partial<DownloadOptions> = {}): Promise<void> =>
  download(url, target, { kind: modelArchive, allowedUrls: everything, limits: defaultLimits, ...options });

const failedWith = (message: string) =>
  expect.objectContaining({ status: 400, type: 'DownloadArchiveException', message });

describe('a download over http', () => {
  it('is written as it came, whatever its encoding says', async () => {
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));
    const base = await serve((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bytes);
    });
    await fetchTo(`${base}/m.mar?X-Amz-Signature=1`);
    expect(readFileSync(target).equals(bytes)).toBe(true);
  });

  it('follows redirects that are allowed, relative ones too', async () => {
    const asked: string[] = [];
    const base = await serve((request, response) => {
      asked.push(request.url ?? '');
      if (request.url === '/a') response.writeHead(302, { location: '/b' }).end('moved');
      else if (request.url === '/b') response.writeHead(307, { location: `${base}/c?x=1` }).end();
      else response.end('here');
    });
    await fetchTo(`${base}/a`);
    expect(asked).toEqual(['/a', '/b', '/c?x=1']);
    expect(readFileSync(target, 'utf8')).toBe('here');
  });

  it('does not follow a redirect to where allowed_urls does not lead', async () => {
    let reached = false;
    const elsewhere = await serve((_request, response) => {
      reached = true;
      response.end('secret');
    });
    const base = await serve((_request, response) => response.writeHead(302, { location: `${elsewhere}/x` }).end());
    await expect(fetchTo(`${base}/m.mar`, { allowedUrls: [new RegExp(`${base}/.*`)] })).rejects.toEqual(
      expect.objectContaining({
        status: 404,
        type: 'ModelNotFoundException',
        message: `Given URL ${elsewhere}/x does not match any allowed URL(s)`,
      }),
    );
    expect(reached).toBe(false);
    expect(existsSync(target)).toBe(false);
  });

  it('does not follow a redirect to a file, allowed or not', async () => {
    const base = await serve((_request, response) =>
      response.writeHead(302, { location: 'file:///etc/hostname' }).end(),
    );
    await expect(fetchTo(`${base}/m.mar`)).rejects.toThrow(
      'Given URL file:///etc/hostname does not match any allowed URL(s)',
    );
  });

  it('gives up on a circle of redirects', async () => {
    const base = await serve((_request, response) => response.writeHead(301, { location: '/m.mar' }).end());
    await expect(fetchTo(`${base}/m.mar`)).rejects.toEqual(
      failedWith(`Failed to download archive from: ${base}/m.mar: it redirects more than 10 times`),
    );
  });

  it.each([404, 403, 500, 204, 302])('that is answered with %i fails', async (status) => {
    const base = await serve((_request, response) => response.writeHead(status).end());
    await expect(fetchTo(`${base}/m.mar`)).rejects.toEqual(
      failedWith(`Failed to download archive from: ${base}/m.mar`),
    );
    expect(existsSync(target)).toBe(false);
  });

  it('to where nobody listens fails', async () => {
    await expect(fetchTo('http://127.0.0.1:1/m.mar')).rejects.toEqual(
      failedWith('Failed to download archive from: http://127.0.0.1:1/m.mar'),
    );
  });

  it('that breaks off leaves nothing', async () => {
    const base = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('x'.repeat(500), () => response.destroy());
    });
    await expect(fetchTo(`${base}/m.mar`)).rejects.toEqual(
      failedWith(`Failed to download archive from: ${base}/m.mar`),
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  it('in chunks that breaks off leaves nothing', async () => {
    const base = await serve((_request, response) => {
      response.write('x'.repeat(500), () => response.destroy());
    });
    await expect(fetchTo(`${base}/m.mar`)).rejects.toThrow('Failed to download archive from');
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([
    ['says so', { 'content-length': '2000' }],
    ['does not say so', {}],
  ])('that is too large and %s is refused', async (_how, headers) => {
    const base = await serve((_request, response) => response.writeHead(200, headers).end('x'.repeat(2000)));
    const limits = { ...defaultLimits, downloadBytes: 1024 };
    await expect(fetchTo(`${base}/m.mar`, { limits })).rejects.toEqual(
      failedWith(`Failed to download archive from: ${base}/m.mar: it is larger than 1 KiB, the most a download may be`),
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([
    ['never answers', (() => undefined) as RequestListener],
    ['stops in the middle', ((_request, response) => void response.write('x')) as RequestListener],
  ])('from a server that %s fails', async (_how, answer) => {
    const base = await serve(answer);
    const limits = { ...defaultLimits, downloadIdleMs: 200 };
    await expect(fetchTo(`${base}/m.mar`, { limits })).rejects.toEqual(
      failedWith(`Failed to download archive from: ${base}/m.mar`),
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  it('that is slow but steady arrives', async () => {
    const base = await serve((_request, response) => {
      let left = 8;
      const timer = setInterval(() => {
        left -= 1;
        response.write('x');
        if (left === 0) {
          clearInterval(timer);
          response.end();
        }
      }, 60);
    });
    await fetchTo(`${base}/m.mar`, { limits: { ...defaultLimits, downloadIdleMs: 400 } });
    expect(readFileSync(target, 'utf8')).toBe('x'.repeat(8));
  });

  it('ends when told, and leaves nothing', async () => {
    const stop = new AbortController();
    const base = await serve((_request, response) => {
      response.write('x');
      setTimeout(() => stop.abort(new Error('enough')), 50);
    });
    await expect(fetchTo(`${base}/m.mar`, { signal: stop.signal })).rejects.toThrow('enough');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is signed for its own host only', async () => {
    const seen: (string | undefined)[] = [];
    const record: RequestListener = (request, response) => {
      seen.push(request.headers.authorization);
      response.end('x');
    };
    const elsewhere = await serve(record);
    const base = await serve((request, response) => {
      if (request.url === '/direct') return record(request, response);
      seen.push(request.headers.authorization);
      response.writeHead(307, { location: request.url === '/away' ? `${elsewhere}/m` : '/direct' }).end();
    });
    const sign = (url: URL) => ({ authorization: `signed ${url.pathname}` });
    await fetchTo(`${base}/near`, { sign });
    await download(`${base}/away`, `${target}2`, {
      kind: modelArchive,
      allowedUrls: everything,
      limits: defaultLimits,
      sign,
    });
    expect(seen).toEqual(['signed /near', 'signed /direct', 'signed /away', undefined]);
  });
});

describe('a download of a file', () => {
  it('copies it, links followed, names decoded', async () => {
    writeFileSync(join(folder, 'my model.mar'), 'bytes');
    symlinkSync(join(folder, 'my model.mar'), join(folder, 'link.mar'));
    await fetchTo(pathToFileURL(join(folder, 'my model.mar')).href);
    expect(readFileSync(target, 'utf8')).toBe('bytes');
    await download(`file://${folder}/link.mar`, `${target}2`, {
      kind: modelArchive,
      allowedUrls: everything,
      limits: defaultLimits,
    });
    expect(readFileSync(`${target}2`, 'utf8')).toBe('bytes');
  });

  it.each(['file:///nowhere/m.mar', 'file://otherhost/m.mar', 'file:///a%2Fb.mar'])('%s fails', async (url) => {
    await expect(fetchTo(url)).rejects.toEqual(failedWith(`Failed to download archive from: ${url}`));
  });

  it('refuses a folder, and says how one is registered', async () => {
    mkdirSync(join(folder, 'model'));
    const url = pathToFileURL(join(folder, 'model')).href;
    await expect(fetchTo(url)).rejects.toEqual(
      failedWith(
        `Failed to download archive from: ${url}: it is a folder, which is registered by its path, without file://`,
      ),
    );
  });

  it('refuses a device, which has no end', async () => {
    await expect(fetchTo('file:///dev/zero')).rejects.toThrow('it is no plain file');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('refuses what is too large', async () => {
    writeFileSync(join(folder, 'm.mar'), 'x'.repeat(2000));
    const limits = { ...defaultLimits, downloadBytes: 1024 };
    await expect(fetchTo(pathToFileURL(join(folder, 'm.mar')).href, { limits })).rejects.toThrow('larger than 1 KiB');
    expect(existsSync(target)).toBe(false);
  });
});
