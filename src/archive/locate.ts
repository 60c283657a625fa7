import { randomBytes } from 'node:crypto';
import { link, readFile, realpath, rename, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve, sep } from 'node:path';
import { ServingError } from '../errors/serving-error.js';
import type { FetchOptions } from './archive.js';
import type { ArchiveKind } from './archive-kind.js';
import { download } from './download.js';
import { type ArchiveLimits, defaultLimits } from './limits.js';
import { credentialsFrom, signedHeaders } from './s3-signature.js';
import { checkPlain, fileNameOf, isAllowed, isFetched, isFolderAllowed, notAllowed, notFound } from './url-policy.js';

/** Where archives lie, and downloaded ones are put. */
export interface Store {
  readonly kind: ArchiveKind;
  /** null: none is configured. */
  readonly folder: string | null;
}

/** Where an archive's files are. */
export type Located =
  /** An archive to unpack. `downloaded`: the copy in the store came from the url, and goes with what it holds. */
  | { readonly kind: 'file'; readonly path: string; readonly downloaded: boolean }
  /** A folder to use in place. */
  | { readonly kind: 'folder'; readonly path: string };

/**
 * Finds what a url means, downloading it into the store where it is to be fetched:
 *
 * 1. a store is configured, the url is not empty and has no `..`, not even encoded;
 * 2. a `file:`, `http:` or `https:` url is fetched if `allowed_urls` matches it, into a file of the store that is new;
 * 3. a file of the store that has the name's last part;
 * 4. for models, a folder: of the model store by the same name, or anywhere if the path is absolute or, below the working folder, relative.
 *    Outside the model store `allowed_urls` has to match it, as `file://` url or as path.
 *
 * @throws {ServingError} with TorchServe's texts.
 */
export async function locate(url: string, { folder: store, kind }: Store, options: FetchOptions): Promise<Located> {
  if (store === null) {
    throw new ServingError(kind.notFound, `${kind.noun} store has not been configured.`);
  }
  checkPlain(url, kind);
  const name = fileNameOf(url);
  if (isFetched(url)) {
    return await fetchInto(store, kind, name, url, options);
  }
  const candidate = name === '' ? null : join(store, name);
  if (candidate !== null && (await kindOf(candidate)) === 'file') {
    return { kind: 'file', path: candidate, downloaded: false };
  }
  if (!kind.folders) {
    throw notFound(url, kind);
  }
  return { kind: 'folder', path: await locateFolder(url, store, candidate, kind, options) };
}

/** Forgets a downloaded archive. Safe where it is gone already. */
export async function removeDownload(path: string): Promise<void> {
  await rm(path, { force: true });
  await rm(originOf(path), { force: true });
}

async function locateFolder(
  url: string,
  store: string,
  candidate: string | null,
  kind: ArchiveKind,
  { allowedUrls }: FetchOptions,
): Promise<string> {
  const inStore = candidate !== null && (await kindOf(candidate)) === 'folder' ? candidate : null;
  // A bare name means the model store first: TorchServe, which looks into the working folder first, cannot serve from there.
  if (inStore !== null && !isAbsolute(url)) {
    return inStore;
  }
  const named = resolve(url);
  if ((await kindOf(named)) === 'folder') {
    if (!(await isInside(named, store)) && !isFolderAllowed(named, allowedUrls)) {
      throw notAllowed(url, kind);
    }
    return named;
  }
  if (inStore === null) {
    throw notFound(url, kind);
  }
  return inStore;
}

async function fetchInto(
  store: string,
  kind: ArchiveKind,
  name: string,
  url: string,
  options: FetchOptions,
): Promise<Located> {
  if (!isAllowed(url, options.allowedUrls)) {
    throw notAllowed(url, kind);
  }
  if (name === '') {
    throw notFound(url, kind);
  }
  const path = join(store, name);
  if ((await kindOf(path)) !== 'nothing') {
    if (options.reuseDownload === true && (await isFrom(path, url))) {
      return { kind: 'file', path, downloaded: true };
    }
    throw alreadyThere(name, kind);
  }
  const credentials = options.s3SseKms === true && !/^file:/i.test(url) ? credentialsFrom(process.env) : null;
  const limits: ArchiveLimits = { ...defaultLimits, ...options.limits };
  const partial = join(store, `.${randomBytes(8).toString('hex')}.download`);
  await download(url, partial, {
    kind,
    allowedUrls: options.allowedUrls,
    limits,
    sign: credentials === null ? undefined : (place) => signedHeaders(place, credentials, new Date()),
    signal: options.signal,
  });
  await moveIntoPlace(partial, path, kind);
  await writeFile(originOf(path), url, { mode: 0o600 });
  return { kind: 'file', path, downloaded: true };
}

/** Gives a finished download its name, unless another has taken it meanwhile. */
async function moveIntoPlace(partial: string, path: string, kind: ArchiveKind): Promise<void> {
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
    throw code === 'EEXIST' ? alreadyThere(basename(path), kind) : error;
  }
}

function alreadyThere(name: string, { noun }: ArchiveKind): ServingError {
  return new ServingError('internal', `${noun} file already exists ${name}`);
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
