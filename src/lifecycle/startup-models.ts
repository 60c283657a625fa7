import { readdir } from 'node:fs/promises';
import type { Config } from '../config/config.js';
import type { StartupModel } from '../config/models.js';

/**
 * What is loaded when the server starts: the list of `load_models`, or with `all` every archive and every folder of the
 * model store, by name.
 */
export async function startupModels({ loadModels, modelStore }: Pick<Config, 'loadModels' | 'modelStore'>): Promise<readonly StartupModel[]> {
  if (loadModels !== 'all') return loadModels ?? [];
  const entries = await readdir(modelStore, { withFileTypes: true });
  return entries
    .filter((entry) => !entry.name.startsWith('.') && (entry.isDirectory() || /\.(mar|model|tar\.gz)$/.test(entry.name)))
    .map(({ name }) => ({ name: null, url: name }))
    .sort((a, b) => (a.url < b.url ? -1 : 1));
}
