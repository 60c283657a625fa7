import { randomBytes } from 'node:crypto';
import { mkdir, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ServingError } from '../errors/serving-error.js';
import type { Manifest, ModelConfig, OpenArchive, OpenOptions } from './archive.js';
import { ArchiveRefused, defaultLimits } from './limits.js';
import { type Located, locate, removeDownload } from './locate.js';
import { manifestWarnings, readManifest } from './manifest.js';
import { readModelConfig } from './model-config.js';
import { enterSoleFolder, unpack } from './unpack.js';

/** See {@link OpenArchive}. Whatever fails leaves nothing behind, neither unpacked nor downloaded. */
export const openArchive: OpenArchive = async (url, options) => {
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
    located = await locate(url, options);
    privateFolder = await makePrivateFolder(options.unpackRoot);
    const folder = await filesOf(located, privateFolder, options);
    return { folder, privateFolder, ...(await describe(folder)), remove };
  } catch (error) {
    await remove();
    options.signal?.throwIfAborted();
    throw asServingError(error, url);
  }
};

/** Named at random: neither a model's name nor its version is ever used as a path. */
async function makePrivateFolder(root: string): Promise<string> {
  await mkdir(root, { recursive: true, mode: 0o700 });
  const folder = join(await realpath(root), randomBytes(16).toString('hex'));
  await mkdir(folder, { mode: 0o700 });
  return folder;
}

async function filesOf(located: Located, privateFolder: string, options: OpenOptions): Promise<string> {
  if (located.kind === 'folder') {
    return await realpath(await enterSoleFolder(located.path));
  }
  const limits = { ...defaultLimits, ...options.limits };
  return await unpack(located.path, join(privateFolder, 'model'), limits, options.signal);
}

async function describe(
  folder: string,
): Promise<{ manifest: Manifest | null; modelConfig: ModelConfig | null; warnings: readonly string[] }> {
  const manifest = await readManifest(folder);
  const file = manifest?.model.configFile;
  const read = file ? await readModelConfig(folder, file) : null;
  return {
    manifest,
    modelConfig: read?.config ?? null,
    warnings: [...manifestWarnings(manifest), ...(read?.warnings ?? [])],
  };
}

/** TorchServe answers 500 to whatever keeps it from unpacking; an archive that is refused for what it is, is the client's. */
function asServingError(error: unknown, url: string): ServingError {
  if (error instanceof ServingError) {
    return error;
  }
  const kind = error instanceof ArchiveRefused ? 'invalidModel' : 'internal';
  const failure = new ServingError(kind, `Failed to save model: ${url}: ${reason(error)}`);
  failure.cause = error;
  return failure;
}

/** Without the paths that the system's own errors end in. */
function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code !== undefined && message.startsWith(`${code}: `) ? (message.split(',', 1)[0] ?? code) : message;
}
