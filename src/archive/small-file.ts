import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Far more than any manifest or yaml of an archive needs. */
export const mostBytes = 4 * 2 ** 20;

/**
 * Reads a text that describes an archive.
 * @param file - Path inside the folder.
 * @returns null where there is no such file; `too large` where it is larger than `mostBytes`.
 */
export async function readSmallFile(folder: string, file: string): Promise<{ text: string } | 'too large' | null> {
  const path = join(folder, file);
  const stats = await stat(path).catch(() => null);
  if (stats === null || !stats.isFile()) {
    return null;
  }
  return stats.size > mostBytes ? 'too large' : { text: await readFile(path, 'utf8') };
}
