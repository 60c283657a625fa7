import { nvidiaSmi } from './nvidia-smi.js';

/** Memory of one GPU, in bytes. */
export interface GpuMemory {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

const mebibyte = 1024 ** 2;

/** Memory of the GPUs, by index; empty where nvidia-smi cannot be asked. */
export async function gpuMemory(): Promise<ReadonlyMap<number, GpuMemory>> {
  const rows = await numbers('--query-gpu=index,memory.used,memory.total');
  return new Map(
    rows.map(([index = Number.NaN, used = 0, total = 0]) => [
      index,
      { freeBytes: (total - used) * mebibyte, totalBytes: total * mebibyte },
    ]),
  );
}

/** Bytes of GPU memory that processes hold, by process id. In a container nvidia-smi may tell of none. */
export async function gpuBytesByProcess(): Promise<ReadonlyMap<number, number>> {
  const rows = await numbers('--query-compute-apps=pid,used_gpu_memory');
  return new Map(rows.map(([pid = Number.NaN, used = 0]) => [pid, used * mebibyte]));
}

/** The rows of numbers that nvidia-smi answers with; those with a field that is none are left out. */
async function numbers(query: string): Promise<number[][]> {
  const rows = await nvidiaSmi(query);
  return rows
    .map((row) => row.map((field) => (field === '' ? Number.NaN : Number(field))))
    .filter((row) => row.every((value) => Number.isFinite(value)));
}
