import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of this package, whether it runs from dist/ or, under the tests, from src/: it holds proto/ and python_backend/. */
export const packageRoot: string = findPackageRoot(dirname(fileURLToPath(import.meta.url)));

function findPackageRoot(folder: string): string {
  if (existsSync(join(folder, 'proto/worker.proto'))) return folder;
  const parent = dirname(folder);
  if (parent === folder)
    throw new Error('proto/worker.proto is missing from the installed torchbridge package: install it again.');
  return findPackageRoot(parent);
}
