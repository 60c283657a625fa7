import { delimiter, join } from 'node:path';
import { packageRoot } from './package-root.js';

/**
 * The environment that workers inherit: the server's, less what the configuration withholds, with the Python side of
 * this package on the path behind whatever the user put there.
 */
export function workerEnvironment(
  inherited: NodeJS.ProcessEnv,
  withheld: RegExp | null,
  settings: Readonly<Record<string, string>>,
): Record<string, string> {
  const kept = Object.entries(inherited).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !withheld?.test(entry[0]),
  );
  const env = { ...Object.fromEntries(kept), ...settings };
  const path = [env['PYTHONPATH'], join(packageRoot, 'python_backend')].filter(Boolean).join(delimiter);
  return { ...env, PYTHONPATH: path };
}
