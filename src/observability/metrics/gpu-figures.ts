import { execa } from 'execa';
import type { SystemFigure } from './system-sampler.js';

const query = ['--query-gpu=index,memory.used,memory.total,utilization.gpu', '--format=csv,noheader,nounits'];

/**
 * What nvidia-smi says of the GPUs. A field that a GPU does not tell (`[N/A]`) leaves its figure out.
 * @param count GPUs to report at most.
 * @throws Error where nvidia-smi cannot be asked.
 */
export async function gpuFigures(count: number): Promise<SystemFigure[]> {
  const { stdout } = await execa('nvidia-smi', query, { timeout: 10_000, stdin: 'ignore' });
  return parseGpuFigures(stdout, count);
}

/** The same for its answer: a line a GPU, `index, MiB used, MiB in all, percent busy`. */
export function parseGpuFigures(answer: string, count: number): SystemFigure[] {
  const lines = answer.split('\n').filter((line) => line.trim() !== '');
  return lines.slice(0, count).flatMap((line) => {
    const [device = '', used, total, busy] = line.split(',').map((field) => field.trim());
    const figures = [
      { name: 'GPUMemoryUtilization', value: (100 * Number(used)) / Number(total), device },
      { name: 'GPUMemoryUsed', value: Number(used), device },
      { name: 'GPUUtilization', value: Number(busy), device },
    ];
    return figures.filter(({ value }) => Number.isFinite(value));
  });
}
