/**
 * Deals GPUs out to workers in turn, starting with the first: one turn for the whole server, and one of its own for
 * each list of devices that a model asked for. A restarted worker keeps its device.
 */
export class DeviceAssigner {
  readonly gpuCount: number;
  #turn = 0;
  #full: ReadonlySet<number> = new Set();
  readonly #turns = new WeakMap<readonly number[], number>();

  /** @param gpuCount GPUs that may be used; 0 on a machine without. */
  constructor(gpuCount: number) {
    this.gpuCount = gpuCount;
  }

  /** @returns the index of the worker's GPU, or null for the CPU. */
  assign({ deviceType, deviceIds }: { deviceType: 'cpu' | 'gpu'; deviceIds: readonly number[] | null }): number | null {
    if (deviceType === 'cpu' || this.gpuCount === 0) return null;
    const candidates = deviceIds?.length ? deviceIds : Array.from({ length: this.gpuCount }, (_, index) => index);
    // One that is full is passed over, unless all are.
    for (let tries = 1; ; tries += 1) {
      const gpu = candidates[this.#next(deviceIds?.length ? deviceIds : null) % candidates.length] as number;
      if (!this.#full.has(gpu) || tries === candidates.length) return gpu;
    }
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

  #next(list: readonly number[] | null): number {
    if (list === null) return this.#turn++;
    const turn = this.#turns.get(list) ?? 0;
    this.#turns.set(list, turn + 1);
    return turn;
  }
}
