import { createReadStream, createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { Agent, request } from 'undici';
import { ServingError } from '../errors/serving-error.js';
import type { ArchiveKind } from './archive-kind.js';
import { type ArchiveLimits, inWords } from './limits.js';
import { isAllowed, notAllowed } from './url-policy.js';

export interface DownloadOptions {
  readonly kind: ArchiveKind;
  readonly allowedUrls: readonly RegExp[];
  readonly limits: ArchiveLimits;
  /** Headers that sign a GET of this url. */
  readonly sign?: ((url: URL) => Record<string, string>) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const mostRedirects = 10;

/**
 * Fetches a `file:`, `http:` or `https:` url that is allowed into a new file.
 * @param target - Exists afterwards only if the whole of it arrived.
 * @throws {ServingError} downloadFailed; the kind's "not found" for a redirect to where `allowed_urls` does not lead.
 */
export async function download(url: string, target: string, options: DownloadOptions): Promise<void> {
  try {
    await (/^file:/i.test(url) ? copyFile(url, target, options) : fetchFile(url, target, options));
  } catch (error) {
    await rm(target, { force: true });
    options.signal?.throwIfAborted();
    throw error instanceof ServingError ? error : failed(url, undefined, error);
  }
}

async function copyFile(url: string, target: string, options: DownloadOptions): Promise<void> {
  const path = fileURLToPath(url);
  const stats = await stat(path);
  if (stats.isDirectory()) {
    throw failed(url, 'it is a folder, which is registered by its path, without file://');
  }
  if (!stats.isFile()) {
    throw failed(url, 'it is no plain file');
  }
  await save(url, createReadStream(path), target, stats.size, options);
}

async function fetchFile(url: string, target: string, options: DownloadOptions): Promise<void> {
  const { downloadIdleMs } = options.limits;
  // Of this download alone, so that nothing keeps the process or a connection after it.
  const dispatcher = new Agent({ connect: { timeout: downloadIdleMs } });
  try {
    let place = new URL(url);
    for (let redirects = 0; redirects <= mostRedirects; redirects += 1) {
      const { statusCode, headers, body } = await request(place, {
        dispatcher,
        headersTimeout: downloadIdleMs,
        bodyTimeout: downloadIdleMs,
        headers: { 'user-agent': 'torchbridge', accept: '*/*', ...signature(place, url, options) },
        ...(options.signal ? { signal: options.signal } : {}),
      });
      if (statusCode === 200) {
        return await save(url, body, target, Number(headers['content-length'] ?? 0), options);
      }
      body.on('error', () => undefined).destroy();
      place = redirected(place, url, statusCode, headers['location'], options);
    }
    throw failed(url, `it redirects more than ${mostRedirects} times`);
  } finally {
    await dispatcher.destroy();
  }
}

/** A signature goes only to the host it was meant for. */
function signature(place: URL, url: string, { sign }: DownloadOptions): Record<string, string> {
  return sign !== undefined && place.origin === new URL(url).origin ? sign(place) : {};
}

function redirected(
  place: URL,
  url: string,
  status: number,
  location: string | string[] | undefined,
  { allowedUrls, kind }: DownloadOptions,
): URL {
  if (
    ![301, 302, 303, 307, 308].includes(status) ||
    typeof location !== 'string' ||
    !URL.canParse(location, place.href)
  ) {
    throw failed(url, undefined, new Error(`it was answered with status ${status}`));
  }
  const next = new URL(location, place);
  if (!/^https?:$/.test(next.protocol) || !isAllowed(next.href, allowedUrls)) {
    throw notAllowed(next.href, kind);
  }
  return next;
}

async function save(
  url: string,
  source: NodeJS.ReadableStream,
  target: string,
  announced: number,
  { limits, signal }: DownloadOptions,
): Promise<void> {
  const tooLarge = () => failed(url, `it is larger than ${inWords(limits.downloadBytes)}, the most a download may be`);
  const limit = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      received += chunk.length;
      received > limits.downloadBytes ? done(tooLarge()) : done(null, chunk);
    },
  });
  let received = announced > limits.downloadBytes ? announced : 0;
  await pipeline(source, limit, createWriteStream(target, { flags: 'wx', mode: 0o644 }), signal ? { signal } : {});
}

/** TorchServe's text; what it has no words for, our limits and the like, follows it. */
function failed(url: string, why?: string, cause?: unknown): ServingError {
  const text = `Failed to download archive from: ${url}`;
  const error = new ServingError('downloadFailed', why === undefined ? text : `${text}: ${why}`);
  error.cause = cause;
  return error;
}
