import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

/** Libraries that take the place of malloc. */
export type Allocator = 'tcmalloc' | 'jemalloc';

/** The names under which they are installed, the best first. */
const fileNames: Readonly<Record<Allocator, readonly string[]>> = {
  tcmalloc: ['libtcmalloc.so', 'libtcmalloc.so.4', 'libtcmalloc_minimal.so', 'libtcmalloc_minimal.so.4'],
  jemalloc: ['libjemalloc.so', 'libjemalloc.so.2'],
};

/** Debian's names of processors. */
const triplets: Readonly<Record<string, string>> = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' };

/** Absolute path of an allocator, or null where none of its names lies in one of the folders. */
export function findAllocator(allocator: Allocator, folders: readonly string[]): string | null {
  const paths = folders.flatMap((folder) => fileNames[allocator].map((name) => join(folder, name)));
  return paths.find((path) => existsSync(path)) ?? null;
}

/** Where libraries may lie: beside the interpreter and its environment first, then the system's folders. */
export function libraryFolders(python: string, env: NodeJS.ProcessEnv): string[] {
  const environments = [env['CONDA_PREFIX'], env['VIRTUAL_ENV'], dirname(dirname(python)), join(homedir(), '.local')];
  const triplet = triplets[process.arch];
  return [
    ...(env['LD_LIBRARY_PATH'] ?? '').split(delimiter).filter(Boolean),
    ...environments.filter((root) => root !== undefined && root !== '').map((root) => join(root as string, 'lib')),
    ...['/usr/local', '/usr', ''].flatMap((root) => [
      ...(triplet === undefined ? [] : [`${root}/lib/${triplet}`]),
      `${root}/lib64`,
      `${root}/lib`,
    ]),
  ];
}
