import { type GpuSlice, GpuSlices } from './gpu-slices.js';

/** Which devices a model's workers may have. */
interface Devices {
  readonly deviceType: 'cpu' | 'gpu';
  /** null: all of the machine. */
  readonly deviceIds: readonly number[] | null;
}

/**
 * Deals GPUs out to workers in turn, starting with the first: one turn for the whole server, and one of its own for
 * each list of devices that a model asked for. A restarted worker keeps its device.
 */
export class DeviceAssigner {
  readonly gpuCount: number;
  #turn = 0;
  #full: ReadonlySet<number> = new Set();
  readonly #slices = new GpuSlices();
  readonly #turns = new WeakMap<readonly number[], number>();

  /** @param gpuCount GPUs that may be used; 0 on a machine without. */
  constructor(gpuCount: number) {
    this.gpuCount = gpuCount;
  }

  /** @returns the index of the worker's GPU, or null for the CPU. */
  assign(devices: Devices): number | null {
    const candidates = this.#candidates(devices);
    if (candidates.length === 0) return null;
    const { deviceIds } = devices;
    // One that is full is passed over, unless all are.
    for (let tries = 1; ; tries += 1) {
      const gpu = candidates[this.#next(deviceIds?.length ? deviceIds : null) % candidates.length] as number;
      if (!this.#full.has(gpu) || tries === candidates.length) return gpu;
    }
  }

  /** @returns GPUs for a worker that needs several, or null for the CPU. @throws ServingError where there are too few. */
  assignSlice(devices: Devices, size: number): GpuSlice | null {
    const candidates = this.#candidates(devices);
    return candidates.length === 0 ? null : this.#slices.take(candidates, size, this.#full);
  }

  /** What is assigned in the course of `work` goes to other GPUs, where there are some. */
  avoiding<T>(full: ReadonlySet<number>, work: () => T): T {
    this.#full = full;
    try {
      return work();
    } finally {
      this.#full = new Set();
    }
  }

  /** None for a model on the CPU. */
  #candidates({ deviceType, deviceIds }: Devices): readonly number[] {
    if (deviceType === 'cpu' || this.gpuCount === 0) return [];
    return deviceIds?.length ? deviceIds : Array.from({ length: this.gpuCount }, (_, index) => index);
  }

  #next(list: readonly number[] | null): number {
    if (list === null) return this.#turn++;
    const turn = this.#turns.get(list) ?? 0;
    this.#turns.set(list, turn + 1);
    return turn;
  }
}
