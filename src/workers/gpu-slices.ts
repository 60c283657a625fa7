import { ServingError } from '../errors/serving-error.js';

/** GPUs that one worker has to itself, among the workers that have several. */
export interface GpuSlice {
  /** Their indices, at least one. */
  readonly gpus: readonly number[];
  /** The worker is over. Safe to call twice. */
  release(): void;
}

/** How many workers fit on so many GPUs, with several for each. */
export function sliceCount(gpus: number, size: number): number {
  return Math.floor(gpus / size);
}

/** Deals runs of neighbouring GPUs out to workers that need several: each time the run that the fewest of them use. */
export class GpuSlices {
  /** Workers on each GPU. */
  readonly #users = new Map<number, number>();

  /**
   * @param candidates GPUs that the worker may have, in the order in which they are dealt out.
   * @param full those to be passed over while there are others.
   * @throws ServingError where they are fewer than `size`.
   */
  take(candidates: readonly number[], size: number, full: ReadonlySet<number>): GpuSlice {
    const runs = Array.from({ length: sliceCount(candidates.length, size) }, (_, index) =>
      candidates.slice(index * size, (index + 1) * size),
    );
    const burden = (run: readonly number[]): number =>
      run.reduce((sum, gpu) => sum + (this.#users.get(gpu) ?? 0) + (full.has(gpu) ? 1000 : 0), 0);
    const [gpus] = runs.sort((one, other) => burden(one) - burden(other));
    if (!gpus) throw new ServingError('workerInitialization', `There are ${candidates.length} GPUs, and not ${size}.`);
    this.#count(gpus, 1);
    let held = true;
    return {
      gpus,
      release: () => {
        if (held) this.#count(gpus, -1);
        held = false;
      },
    };
  }

  #count(gpus: readonly number[], change: 1 | -1): void {
    for (const gpu of gpus) this.#users.set(gpu, (this.#users.get(gpu) ?? 0) + change);
  }
}
