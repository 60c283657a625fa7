/**
 * Deals GPUs out to workers in turn, starting with the first: one turn for the whole server, and one of its own for
 * each list of devices that a model asked for. A restarted worker keeps its device.
 */
export class DeviceAssigner {
  readonly gpuCount: number;
  #turn = 0;
  readonly #turns = new WeakMap<readonly number[], number>();

  /** @param gpuCount GPUs that may be used; 0 on a machine without. */
  constructor(gpuCount: number) {
    this.gpuCount = gpuCount;
  }

  /** @returns the index of the worker's GPU, or null for the CPU. */
  assign({ deviceType, deviceIds }: { deviceType: 'cpu' | 'gpu'; deviceIds: readonly number[] | null }): number | null {
    if (deviceType === 'cpu' || this.gpuCount === 0) return null;
    if (!deviceIds || deviceIds.length === 0) return this.#turn++ % this.gpuCount;
    const turn = this.#turns.get(deviceIds) ?? 0;
    this.#turns.set(deviceIds, turn + 1);
    return deviceIds[turn % deviceIds.length] as number;
  }
}
