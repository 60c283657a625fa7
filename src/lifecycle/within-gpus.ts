import { ServingError } from '../errors/serving-error.js';
import type { VersionSettings } from '../registry/version-settings.js';
import { sliceCount } from '../workers/gpu-slices.js';
import { isParallel } from '../workers/ranks/rank-plan.js';
import type { WorkerBounds } from './resolve-settings.js';

/**
 * As many workers as there are GPUs for, where each needs several; on the CPU as many as were asked for.
 * @throws ServingError workerInitialization where there are too few for a single one.
 */
export function withinGpus(bounds: WorkerBounds, model: string, settings: VersionSettings, gpuCount: number) {
  const { deviceType, deviceIds, parallelLevel } = settings;
  const gpus = deviceType === 'cpu' ? 0 : (deviceIds?.length ?? gpuCount);
  if (!isParallel(settings) || gpus === 0) return bounds;
  const most = sliceCount(gpus, parallelLevel);
  if (most === 0) {
    throw new ServingError(
      'workerInitialization',
      `No enough gpu devices for model:${model} parallelLevel:${parallelLevel}`,
    );
  }
  return { min: Math.min(bounds.min, most), max: Math.min(bounds.max, most) };
}
