import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Longest path of a Unix socket on every supported system, less room for the names of ours. */
const longestFolder = 80;

/** A folder of mode 0700 that belongs to one running server: its sockets, and the archives that it unpacked. */
export interface RunFolder {
  readonly path: string;
  /** Archives are unpacked below this. */
  readonly archives: string;
  remove(): Promise<void>;
}

/**
 * Makes the run folder, and clears away those of servers that died without doing so.
 * @param parent where it is made, unless socket paths in it would be too long: then in /tmp.
 */
export async function makeRunFolder(parent: string): Promise<RunFolder> {
  const place = parent.length > longestFolder ? tmpdir() : parent;
  await clearDeadFolders(place);
  const path = await mkdtemp(join(place, `torchbridge-${process.pid}-`));
  const archives = join(path, 'models');
  await mkdir(archives);
  return { path, archives, remove: () => rm(path, { recursive: true, force: true }) };
}

async function clearDeadFolders(place: string): Promise<void> {
  for (const name of await readdir(place).catch(() => [])) {
    const owner = /^torchbridge-(\d+)-\w{6}$/.exec(name)?.[1];
    if (owner !== undefined && !isAlive(Number(owner))) {
      // Another user's folder stays: it is not ours to clear.
      await rm(join(place, name), { recursive: true, force: true }).catch(() => {});
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
