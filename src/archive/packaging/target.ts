import { stat } from 'node:fs/promises';
import { PackagingError } from './packaging-error.js';

/** What a model or workflow may be called, since its archive is named after it. */
const allowedName = /^[A-Za-z0-9][A-Za-z0-9_\-.]*$/;

/** @param what - `model` or `workflow`, as the message calls it. */
export function checkName(name: string, what: 'model' | 'workflow'): void {
  if (!allowedName.test(name)) {
    throw new PackagingError(
      `${what === 'model' ? 'Model' : 'Workflow'} name contains special characters.\n` +
        `The allowed regular expression filter for ${what} name is: ${allowedName.source}`,
    );
  }
}

export async function checkExportPath(exportPath: string): Promise<void> {
  const stats = await stat(exportPath).catch(() => null);
  if (!stats?.isDirectory()) {
    throw new PackagingError(
      `Given export-path ${exportPath} is not a directory. Point to a valid export-path directory.`,
    );
  }
}

/** The archive's path as the user would write it: the export path as given, then the file. */
export function targetPath(exportPath: string, file: string): string {
  return exportPath.endsWith('/') ? `${exportPath}${file}` : `${exportPath}/${file}`;
}

/**
 * Refuses to replace what is there unless told to.
 * @param warn - Told what is replaced.
 */
export async function checkTarget(
  target: string,
  force: boolean,
  what: 'model' | 'workflow',
  warn: (message: string) => void,
): Promise<void> {
  if ((await stat(target).catch(() => null)) === null) {
    return;
  }
  if (!force) {
    throw new PackagingError(
      `${target} already exists.\nPlease specify --force/-f option to overwrite the ${what} archive output file.\n` +
        'See -h/--help for more details.',
    );
  }
  warn(`Overwriting ${target} ...`);
}
