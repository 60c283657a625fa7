import { execa } from 'execa';

/**
 * GPUs that workers may use: those that CUDA_VISIBLE_DEVICES names, else those that nvidia-smi lists; 0 where neither
 * says anything, as on a machine without.
 * @param limit number_of_gpu of the configuration, or null.
 */
export async function countGpus(limit: number | null, env: NodeJS.ProcessEnv = process.env): Promise<number> {
  const visible = env['CUDA_VISIBLE_DEVICES'];
  const found =
    visible === undefined
      ? await listed()
      : visible.split(',').filter((id) => id.trim() !== '' && id.trim() !== '-1').length;
  return limit === null ? found : Math.min(found, limit);
}

async function listed(): Promise<number> {
  const { exitCode, stdout } = await execa('nvidia-smi', ['--query-gpu=index', '--format=csv,noheader'], {
    reject: false,
    timeout: 10_000,
  });
  return exitCode === 0 ? stdout.split('\n').filter((line) => /^\d+$/.test(line.trim())).length : 0;
}
