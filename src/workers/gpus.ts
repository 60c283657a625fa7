import { nvidiaSmi } from './nvidia-smi.js';

/**
 * GPUs that workers may use: those that CUDA_VISIBLE_DEVICES names, else those that nvidia-smi lists; 0 where neither
 * says anything, as on a machine without.
 * @param limit number_of_gpu of the configuration, or null.
 */
export async function countGpus(limit: number | null, env: NodeJS.ProcessEnv = process.env): Promise<number> {
  const visible = env['CUDA_VISIBLE_DEVICES'];
  const found =
    visible === undefined
      ? (await nvidiaSmi('--query-gpu=index')).filter(([index = '']) => /^\d+$/.test(index)).length
      : visible.split(',').filter((id) => id.trim() !== '' && id.trim() !== '-1').length;
  return limit === null ? found : Math.min(found, limit);
}
