import { randomBytes } from 'node:crypto';
import { mkdir, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ServingError } from '../errors/serving-error.js';
import type { FetchOptions, OpenedFolder } from './archive.js';
import type { ArchiveKind } from './archive-kind.js';
import { ArchiveRefused, defaultLimits } from './limits.js';
import { type Located, locate, removeDownload, type Store } from './locate.js';
import { enterSoleFolder, unpack } from './unpack.js';

/**
 * Resolves a url, a name in the store or a folder, unpacks it and reads what it says of itself. Whatever fails leaves
 * nothing behind, neither unpacked nor downloaded.
 * @param describe - Reads what the archive's folder says.
 * @throws {ServingError} of the store's kind, with TorchServe's text, and whatever `describe` throws.
 */
export async function openFolder<T extends object>(
  url: string,
  store: Store,
  options: FetchOptions,
  describe: (folder: string) => Promise<T>,
): Promise<OpenedFolder & T> {
  let located: Located | null = null;
  let privateFolder: string | null = null;
  const remove = async (): Promise<void> => {
    if (privateFolder !== null) {
      await rm(privateFolder, { recursive: true, force: true, maxRetries: 3 });
    }
    if (located?.kind === 'file' && located.downloaded) {
      await removeDownload(located.path);
    }
  };
  try {
    located = await locate(url, store, options);
    privateFolder = await makePrivateFolder(options.unpackRoot);
    const folder = await filesOf(located, privateFolder, options);
    return { ...(await describe(folder)), folder, privateFolder, remove };
  } catch (error) {
    await remove();
    options.signal?.throwIfAborted();
    throw asServingError(error, url, store.kind);
  }
}

/** Named at random: neither a name nor a version is ever used as a path. */
async function makePrivateFolder(root: string): Promise<string> {
  await mkdir(root, { recursive: true, mode: 0o700 });
  const folder = join(await realpath(root), randomBytes(16).toString('hex'));
  await mkdir(folder, { mode: 0o700 });
  return folder;
}

async function filesOf(located: Located, privateFolder: string, options: FetchOptions): Promise<string> {
  if (located.kind === 'folder') {
    return await realpath(await enterSoleFolder(located.path));
  }
  const limits = { ...defaultLimits, ...options.limits };
  return await unpack(located.path, join(privateFolder, 'model'), limits, options.signal);
}

/** TorchServe answers 500 to whatever keeps it from unpacking; an archive that is refused for what it is, is the client's. */
function asServingError(error: unknown, url: string, kind: ArchiveKind): ServingError {
  if (error instanceof ServingError) {
    return error;
  }
  const failure = new ServingError(
    error instanceof ArchiveRefused ? kind.hostile : kind.damaged,
    `Failed to save ${kind.noun.toLowerCase()}: ${url}: ${reason(error)}`,
  );
  failure.cause = error;
  return failure;
}

/** Without the paths that the system's own errors end in. */
function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code !== undefined && message.startsWith(`${code}: `) ? (message.split(',', 1)[0] ?? code) : message;
}
