import { execa } from 'execa';
import type { SystemFigure } from './system-sampler.js';

/** The Python that workers run on, and where it finds `ts_worker`. */
export interface BackendPython {
  readonly python: string;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Longer than nvidia-smi is given there. */
const timeoutMs = 15_000;

/**
 * What the GPUs tell: by nvidia-ml-py where the workers' Python has it, else by nvidia-smi (`ts_worker/gpus.py`). A process
 * for each time, and none in between: NVML, once begun, keeps the devices open.
 * @param count GPUs to report at most.
 * @throws Error where neither can be asked.
 */
export async function gpuFigures({ python, folder, env }: BackendPython, count: number): Promise<SystemFigure[]> {
  const words = ['-m', 'ts_worker.gpus', String(count)];
  const run = await execa(python, words, {
    cwd: folder,
    env,
    extendEnv: false,
    timeout: timeoutMs,
    stdin: 'ignore',
    reject: false,
  });
  if (run.failed) throw new Error(run.stderr?.trim().split('\n').at(-1) || run.shortMessage);
  return parseGpuFigures(run.stdout, count);
}

/**
 * Reads `index, MiB used, MiB in all, percent busy`, a line a GPU, as nvidia-smi writes it. A field that a GPU does not tell
 * (`[N/A]`) leaves its figure out.
 */
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
