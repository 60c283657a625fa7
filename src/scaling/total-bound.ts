import type { ModelVersion } from '../registry/model-version.js';
import type { Allowance, Bound } from './bound.js';

/** `max_total_workers`: workers of all versions together. */
export class TotalBound implements Bound {
  readonly kind = 'total_workers';
  readonly #most: number;
  readonly #versions: () => readonly ModelVersion[];

  constructor(most: number, versions: () => readonly ModelVersion[]) {
    this.#most = most;
    this.#versions = versions;
  }

  allow(_version: ModelVersion, workers: number): Allowance {
    const present = this.#versions().reduce((sum, { aliveWorkers }) => sum + aliveWorkers, 0);
    const room = Math.max(0, this.#most - present);
    if (room >= workers) return { workers, reason: '' };
    return { workers: room, reason: `there are ${present} workers, and max_total_workers is ${this.#most}` };
  }
}
