import type { ModelVersion } from '../registry/model-version.js';
import type { Allowance, Bound } from './bound.js';
import type { Probe } from './probe.js';
import type { WorkerSizes } from './worker-sizes.js';

/** What a memory bound looks at. */
export interface MemoryParts {
  /** `autoscale_memory_budget` in bytes; null: only the machine bounds. */
  readonly budget: number | null;
  readonly sizes: WorkerSizes;
  readonly versions: () => readonly ModelVersion[];
  readonly probe: Probe;
}

/** Part of the available memory that is left alone: handlers need some to work with. */
const spared = 0.1;

/** Memory: the budget, and what the machine has left. */
export class MemoryBound implements Bound {
  readonly kind = 'memory';
  readonly #parts: MemoryParts;
  /** Workers that were told to go and are not gone yet, by what they own. */
  readonly #leaving = new Set<{ readonly bytes: number }>();

  constructor(parts: MemoryParts) {
    this.#parts = parts;
  }

  /** Bytes that all workers own, those that leave included. */
  get used(): number {
    const { versions, sizes } = this.#parts;
    const living = versions().reduce((sum, version) => sum + version.workers * sizes.bytes(version), 0);
    return [...this.#leaving].reduce((sum, { bytes }) => sum + bytes, living);
  }

  get overBudget(): boolean {
    return this.#parts.budget !== null && this.used > this.#parts.budget;
  }

  /** Workers of a version were told to go: what they own counts until they are gone. */
  leaving(version: ModelVersion, workers: number, gone: Promise<void>): void {
    const entry = { bytes: workers * this.#parts.sizes.bytes(version) };
    this.#leaving.add(entry);
    void gone.finally(() => this.#leaving.delete(entry));
  }

  /** Why not even one worker could ever be started; null where it could, or its size is not known yet. */
  never(version: ModelVersion): string | null {
    const { budget, sizes } = this.#parts;
    const size = sizes.measured(version);
    if (budget === null || size === null || size <= budget) return null;
    return `One worker of it owns ${shown(size)} of memory, and autoscale_memory_budget is ${shown(budget)}.`;
  }

  allow(version: ModelVersion, workers: number): Allowance {
    const { budget, sizes, probe } = this.#parts;
    const size = sizes.bytes(version);
    const left = budget === null ? Number.POSITIVE_INFINITY : budget - this.used;
    const free = probe.availableBytes() * (1 - spared) - this.#onTheWay();
    const room = Math.max(0, Math.floor(Math.min(left, free) / size));
    if (room >= workers) return { workers, reason: '' };
    if (room === 0 && this.#isFirstEver(version)) return { workers: 1, reason: '' };
    return {
      workers: room,
      reason:
        left <= free
          ? `a worker owns about ${shown(size)}, and ${shown(Math.max(0, left))} of the budget of ${shown(budget ?? 0)} are left`
          : `a worker owns about ${shown(size)}, and the machine has ${shown(Math.max(0, free))} to spare`,
    };
  }

  /** The archive may say that a version is larger than the budget; only a worker that was loaded knows. */
  #isFirstEver(version: ModelVersion): boolean {
    const { budget, sizes } = this.#parts;
    return budget !== null && sizes.measured(version) === null && sizes.bytes(version) > budget && this.used === 0;
  }

  /** Bytes that workers will own which start now: the machine does not know of them yet. */
  #onTheWay(): number {
    const { versions, sizes } = this.#parts;
    return versions().reduce((sum, one) => sum + (one.aliveWorkers - one.readyWorkers) * sizes.bytes(one), 0);
  }
}

function shown(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20).toLocaleString('en')} MiB`;
}
