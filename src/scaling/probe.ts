import { type GpuMemory, gpuBytesByProcess, gpuMemory } from '../workers/gpu-memory.js';
import { ownBytes, processorSeconds } from '../workers/process-memory.js';

/** What is asked of the machine. Tests answer in its place. */
export interface Probe {
  /** Bytes that the machine, or the container, could still give. */
  availableBytes(): number;
  /** Bytes that a process owns, and shares with no other; 0 where that is not known. */
  ownBytes(pid: number): Promise<number>;
  /** Processor time that a process has used; null where that is not known. */
  processorSeconds(pid: number): number | null;
  /** Memory of each GPU, by index; empty where that is not known. */
  gpuMemory(): Promise<ReadonlyMap<number, GpuMemory>>;
  /** Bytes of GPU memory by process id. */
  gpuBytesByProcess(): Promise<ReadonlyMap<number, number>>;
}

/** The machine that this runs on. */
export const thisMachine: Probe = {
  availableBytes: () => process.availableMemory(),
  ownBytes,
  processorSeconds,
  gpuMemory,
  gpuBytesByProcess,
};
