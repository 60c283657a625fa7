import { ServingError } from '../errors/serving-error.js';
import type { Target } from '../registry/target.js';
import { LoadFailure, type Worker } from '../workers/worker.js';

/**
 * Waits until workers have loaded their model.
 * @param target as the caller named it.
 * @throws ServingError outOfMemory, internal where the first attempt of one failed.
 */
export async function allLoaded(started: readonly Worker[], target: Target): Promise<void> {
  try {
    await Promise.all(started.map((worker) => worker.firstLoad));
  } catch (error) {
    const kind = error instanceof LoadFailure && error.outOfMemory ? 'outOfMemory' : 'internal';
    throw new ServingError(kind, startFailure(target));
  }
}

/** TorchServe's text, which says `null` where the caller named no version. */
export function startFailure({ model, version }: Target): string {
  return `Failed to start workers for model ${model} version: ${version}`;
}
