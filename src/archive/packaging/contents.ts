import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { glob } from 'tinyglobby';
import type { PackedFile } from '../packed-file.js';
import { PackagingError } from './packaging-error.js';

/** Folders that never go into an archive, at whatever depth: caches, what macOS leaves, and hidden ones. */
const leftOut = (folder: string): boolean =>
  folder === '__pycache__' || folder === '__MACOSX' || folder.startsWith('.');

/** The files that an archive will hold, by their names in it. A file put later replaces one of the same name. */
export class PackageContents {
  private readonly byName = new Map<string, string>();
  /** Top-level folders of the archive, and what on disk each came from. */
  private readonly folders = new Map<string, string>();

  get files(): PackedFile[] {
    return [...this.byName].map(([name, source]) => ({ name, source }));
  }

  /**
   * Puts a file at the archive's root under its own name.
   * @param flag - What it was given for, to be named in an error.
   */
  async addFile(path: string, flag: string): Promise<void> {
    const stats = await stat(path).catch(() => null);
    if (stats === null) {
      throw new PackagingError(`No such file or directory: '${path}' (${flag})`);
    }
    if (stats.isDirectory()) {
      throw new PackagingError(`Is a directory: '${path}' (${flag} takes a file)`);
    }
    if (!stats.isFile()) {
      throw new PackagingError(`Not a plain file: '${path}' (${flag})`);
    }
    this.put(basename(path), path);
  }

  /**
   * Adds what `--extra-files` of the model archiver lists: files, folders, whose contents go to the root, and patterns.
   * @param warn - Told of patterns that match nothing.
   */
  async addExtraFiles(list: string, warn: (message: string) => void): Promise<void> {
    for (const entry of list.split(',').filter((part) => part !== '')) {
      const isPattern = /[*?]|\[.*\]/.test(entry);
      if (!isPattern && (await stat(entry).catch(() => null)) === null) {
        throw new PackagingError(`File does not exist: ${entry}`);
      }
      const paths = isPattern ? await matching(entry.trim()) : [entry.trim()];
      if (paths.length === 0) {
        warn(`Given wildcard pattern did not match any file: ${entry}`);
      }
      for (const path of paths) {
        await this.addExtra(path);
      }
    }
  }

  private async addExtra(path: string): Promise<void> {
    const stats = await stat(path);
    if (stats.isFile()) {
      this.put(basename(path), path);
    } else if (stats.isDirectory()) {
      await this.addContents(path);
    } else {
      throw new PackagingError(`Invalid extra file given ${path}`);
    }
  }

  private async addContents(folder: string): Promise<void> {
    for (const name of (await readdir(folder)).sort()) {
      const path = join(folder, name);
      if (!(await isFolder(path))) {
        this.put(name, path);
      } else if (!leftOut(name)) {
        const earlier = this.folders.get(name);
        if (earlier !== undefined) {
          throw new PackagingError(`Two folders would be '${name}' in the archive: ${earlier} and ${path}`);
        }
        this.folders.set(name, path);
        await this.addTree(path, name, [await realpath(path)]);
      }
    }
  }

  /** @param ancestors - Real paths of the folders above, so that links in a circle are found. */
  private async addTree(folder: string, prefix: string, ancestors: readonly string[]): Promise<void> {
    for (const name of (await readdir(folder)).sort()) {
      const path = join(folder, name);
      if (!(await isFolder(path))) {
        this.put(`${prefix}/${name}`, path);
      } else if (!leftOut(name)) {
        const real = await realpath(path);
        if (ancestors.includes(real)) {
          throw new PackagingError(`Invalid extra file given ${path}: it is a link to a folder that it lies in`);
        }
        await this.addTree(path, `${prefix}/${name}`, [...ancestors, real]);
      }
    }
  }

  private put(name: string, path: string): void {
    this.byName.set(name, path);
  }
}

/** Links are followed: an archive holds what they lead to. */
async function isFolder(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => null);
  if (stats === null || !(stats.isFile() || stats.isDirectory())) {
    throw new PackagingError(`Invalid extra file given ${path}`);
  }
  return stats.isDirectory();
}

/** As the shell would, names that begin with a dot left out; sorted, so that which of two equal names wins is no accident. */
async function matching(pattern: string): Promise<string[]> {
  const paths = await glob(pattern, { expandDirectories: false, onlyFiles: false, dot: false });
  return paths.map((path) => path.replace(/\/$/, '')).sort();
}
