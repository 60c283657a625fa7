import { mkdir, open, readdir, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type ArchiveLimits, inWords } from './limits.js';
import { unpackTar } from './unpack-tar.js';
import { unpackZip } from './unpack-zip.js';

/**
 * Unpacks an archive, zip or gzipped tar, whichever its first bytes say it is, into a new folder.
 * @returns The folder with the model's files: `target`, or for a tar with one root folder that one.
 * @throws {ArchiveRefused} for a hostile archive; any other error for a damaged one or what is none, or when the
 *   disk does not take it. What was written by then is left to the caller.
 */
export async function unpack(
  file: string,
  target: string,
  limits: ArchiveLimits,
  signal?: AbortSignal,
): Promise<string> {
  const format = await formatOf(file);
  await mkdir(target);
  if (format === 'zip') {
    await unpackZip(file, target, limits, (bytes) => checkRoom(bytes, dirname(target)), signal);
    return target;
  }
  await unpackTar(file, target, limits, signal);
  return await enterSoleFolder(target);
}

/** The folder itself, or the one it holds if it holds nothing else. */
export async function enterSoleFolder(folder: string): Promise<string> {
  const [only, ...others] = await readdir(folder, { withFileTypes: true });
  const isRoot =
    only !== undefined && others.length === 0 && only.isDirectory() && !['MAR-INF', 'WAR-INF'].includes(only.name);
  return isRoot ? join(folder, only.name) : folder;
}

async function formatOf(file: string): Promise<'zip' | 'tgz'> {
  const handle = await open(file);
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    if (bytesRead >= 4 && buffer.toString('latin1', 0, 2) === 'PK') {
      return 'zip';
    }
    if (bytesRead >= 2 && buffer.readUInt16BE(0) === 0x1f8b) {
      return 'tgz';
    }
    // A damaged file, as far as anyone can tell: TorchServe's 500, not the refusal of a hostile one.
    throw new Error('it is neither a zip archive (.mar, .war) nor a gzipped tar (.tar.gz)');
  } finally {
    await handle.close();
  }
}

async function checkRoom(bytes: number, folder: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bytes > bavail * bsize) {
    throw new Error(`it takes ${inWords(bytes)} unpacked, and ${folder} has room for ${inWords(bavail * bsize)}`);
  }
}
