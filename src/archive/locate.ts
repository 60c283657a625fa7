import { randomBytes } from 'node:crypto';
import { link, readFile, realpath, rename, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve, sep } from 'node:path';
import { ServingError } from '../errors/serving-error.js';
import type { OpenOptions } from './archive.js';
import { download } from './download.js';
import { type ArchiveLimits, defaultLimits } from './limits.js';
import { credentialsFrom, signedHeaders } from './s3-signature.js';
import { checkPlain, fileNameOf, isAllowed, isFetched, isFolderAllowed, notAllowed, notFound } from './url-policy.js';

/** Where a model's files are. */
export type Located =
  /** An archive to unpack. `downloaded`: the copy in the model store came from the url, and goes with the model. */
  | { readonly kind: 'file'; readonly path: string; readonly downloaded: boolean }
  /** A folder to use in place. */
  | { readonly kind: 'folder'; readonly path: string };

/**
 * Finds what a url means, downloading it into the model store where it is to be fetched:
 *
 * 1. a model store is configured, the url is not empty and has no `..`, not even encoded;
 * 2. a `file:`, `http:` or `https:` url is fetched if `allowed_urls` matches it, into a file of the model store that is new;
 * 3. a file of the model store that has the name's last part;
 * 4. a folder: of the model store by the same name, or anywhere if the path is absolute or, below the working folder, relative.
 *    Outside the model store `allowed_urls` has to match it, as `file://` url or as path.
 *
 * @throws {ServingError} with TorchServe's texts.
 */
export async function locate(url: string, options: OpenOptions): Promise<Located> {
  if (options.modelStore === null) {
    throw new ServingError('modelNotFound', 'Model store has not been configured.');
  }
  checkPlain(url);
  const name = fileNameOf(url);
  if (isFetched(url)) {
    return await fetchInto(options.modelStore, name, url, options);
  }
  const candidate = name === '' ? null : join(options.modelStore, name);
  if (candidate !== null && (await kindOf(candidate)) === 'file') {
    return { kind: 'file', path: candidate, downloaded: false };
  }
  return { kind: 'folder', path: await locateFolder(url, candidate, options) };
}

/** Forgets a downloaded archive. Safe where it is gone already. */
export async function removeDownload(path: string): Promise<void> {
  await rm(path, { force: true });
  await rm(originOf(path), { force: true });
}

async function locateFolder(url: string, candidate: string | null, options: OpenOptions): Promise<string> {
  const inStore = candidate !== null && (await kindOf(candidate)) === 'folder' ? candidate : null;
  // A bare name means the model store first: TorchServe, which looks into the working folder first, cannot serve from there.
  if (inStore !== null && !isAbsolute(url)) {
    return inStore;
  }
  const named = resolve(url);
  if ((await kindOf(named)) === 'folder') {
    if (!(await isInside(named, options.modelStore ?? '')) && !isFolderAllowed(named, options.allowedUrls)) {
      throw notAllowed(url);
    }
    return named;
  }
  if (inStore === null) {
    throw notFound(url);
  }
  return inStore;
}

async function fetchInto(store: string, name: string, url: string, options: OpenOptions): Promise<Located> {
  if (!isAllowed(url, options.allowedUrls)) {
    throw notAllowed(url);
  }
  if (name === '') {
    throw notFound(url);
  }
  const path = join(store, name);
  if ((await kindOf(path)) !== 'nothing') {
    if (options.reuseDownload === true && (await isFrom(path, url))) {
      return { kind: 'file', path, downloaded: true };
    }
    throw alreadyThere(name);
  }
  const credentials = options.s3SseKms === true && !/^file:/i.test(url) ? credentialsFrom(process.env) : null;
  const limits: ArchiveLimits = { ...defaultLimits, ...options.limits };
  const partial = join(store, `.${randomBytes(8).toString('hex')}.download`);
  await download(url, partial, {
    allowedUrls: options.allowedUrls,
    limits,
    sign: credentials === null ? undefined : (place) => signedHeaders(place, credentials, new Date()),
    signal: options.signal,
  });
  await moveIntoPlace(partial, path);
  await writeFile(originOf(path), url, { mode: 0o600 });
  return { kind: 'file', path, downloaded: true };
}

/** Gives a finished download its name, unless another has taken it meanwhile. */
async function moveIntoPlace(partial: string, path: string): Promise<void> {
  try {
    await link(partial, path);
    await unlink(partial);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST' && (await kindOf(path)) === 'nothing') {
      // A file system without hard links.
      return await rename(partial, path);
    }
    await rm(partial, { force: true });
    throw code === 'EEXIST' ? alreadyThere(basename(path)) : error;
  }
}

function alreadyThere(name: string): ServingError {
  return new ServingError('internal', `Model file already exists ${name}`);
}

/** Beside a downloaded archive: the url it came from, so that a later start knows it again. */
function originOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.origin`);
}

async function isFrom(path: string, url: string): Promise<boolean> {
  return (await kindOf(path)) === 'file' && (await readFile(originOf(path), 'utf8').catch(() => null)) === url;
}

/** What is there, links followed. Throws where that may not be looked at. */
async function kindOf(path: string): Promise<'file' | 'folder' | 'other' | 'nothing'> {
  try {
    const stats = await stat(path);
    return stats.isDirectory() ? 'folder' : stats.isFile() ? 'file' : 'other';
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'].includes((error as NodeJS.ErrnoException).code ?? '')) {
      return 'nothing';
    }
    throw error;
  }
}

async function isInside(path: string, folder: string): Promise<boolean> {
  const [inner, outer] = await Promise.all([realpath(path), realpath(folder).catch(() => null)]);
  return outer !== null && inner.startsWith(outer + sep);
}
