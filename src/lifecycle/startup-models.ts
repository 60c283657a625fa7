import { readdir } from 'node:fs/promises';
import type { Config } from '../config/config.js';
import type { StartupModel } from '../config/models.js';
import type { Logger } from '../observability/logging/logging.js';
import type { ModelLifecycle } from './model-lifecycle.js';
import { readModelSnapshot } from './model-snapshot.js';
import type { WorkflowLifecycle } from './workflow-lifecycle.js';

/**
 * Brings up what the server is to serve from its first moment on: the models and workflows of a snapshot where there is one, else
 * those of `load_models`. Their workers start in the background. What cannot be brought up is logged; the rest is.
 * @param workersEach workers of a model that names no number.
 */
export async function loadStartupModels(
  lifecycle: ModelLifecycle,
  workflows: WorkflowLifecycle,
  config: Config,
  workersEach: number,
  log: Logger,
): Promise<void> {
  if (config.modelSnapshot !== null) {
    const { versions, workflows: savedWorkflows, faults } = readModelSnapshot(config.modelSnapshot);
    for (const fault of faults) log.error(fault);
    for (const saved of versions) {
      await lifecycle
        .restore(saved)
        .catch((error) =>
          log.error(`Model ${saved.model} ${saved.version} of the snapshot could not be restored: ${error.message}`),
        );
    }
    for (const saved of savedWorkflows) {
      await workflows
        .restore(saved)
        .catch((error) => log.error(`Workflow ${saved.name} of the snapshot could not be restored: ${error.message}`));
    }
    return;
  }
  for (const model of await startupModels(config)) {
    await lifecycle
      .loadAtStart(model, workersEach)
      .catch((error) => log.warn(`Failed to load model: ${model.url}: ${error.message}`));
  }
}

/**
 * What is loaded when the server starts: the list of `load_models`, or with `all` every archive and every folder of the
 * model store, by name.
 */
async function startupModels({
  loadModels,
  modelStore,
}: Pick<Config, 'loadModels' | 'modelStore'>): Promise<readonly StartupModel[]> {
  if (loadModels !== 'all') return loadModels ?? [];
  const entries = await readdir(modelStore, { withFileTypes: true });
  return entries
    .filter(
      (entry) => !entry.name.startsWith('.') && (entry.isDirectory() || /\.(mar|model|tar\.gz)$/.test(entry.name)),
    )
    .map(({ name }) => ({ name: null, url: name }))
    .sort((a, b) => (a.url < b.url ? -1 : 1));
}
