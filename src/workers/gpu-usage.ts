import { nvidiaSmi } from './nvidia-smi.js';

/** How busy the GPUs are, by index, in the words of TorchServe's describe; empty where nvidia-smi cannot be asked. */
export async function gpuUsage(): Promise<ReadonlyMap<number, string>> {
  const rows = await nvidiaSmi('--query-gpu=index,utilization.gpu,utilization.memory,memory.used');
  return new Map(
    rows.map(([index = '', gpu = '', memory = '', used = '']) => [
      Number(index),
      `gpuId::${index} utilization.gpu [%]::${withUnit(gpu, '%')} ` +
        `utilization.memory [%]::${withUnit(memory, '%')} memory.used [MiB]::${withUnit(used, 'MiB')}`,
    ]),
  );
}

/** What a GPU does not tell has no unit. */
function withUnit(figure: string, unit: string): string {
  return figure.startsWith('[') ? figure : `${figure} ${unit}`;
}
