import type { ModelVersion } from '../registry/model-version.js';
import type { Bound } from './bound.js';
import { CoresBound } from './cores-bound.js';
import { GpuBound } from './gpu-bound.js';
import { MemoryBound } from './memory-bound.js';
import { type Probe, thisMachine } from './probe.js';
import { TotalBound } from './total-bound.js';
import { WorkerSizes } from './worker-sizes.js';

/** What the machine is, and what of it may be used. */
export interface MachineParts {
  readonly cores: number;
  readonly gpuCount: number;
  /** `autoscale_memory_budget`, bytes; null: none. */
  readonly memoryBudget: number | null;
  /** `max_total_workers`; null: none. */
  readonly maxTotalWorkers: number | null;
  readonly versions: () => readonly ModelVersion[];
  readonly probe?: Probe;
}

/** How often processor time and GPUs are looked at, and how often memory, in ms. */
const glanceMs = 250;
const measureMs = 5000;

/** The machine as autoscaling sees it: everything of which there may be too little for one more worker. */
export class Machine {
  readonly bounds: readonly Bound[];
  readonly memory: MemoryBound;
  readonly sizes: WorkerSizes;
  /** Workers that are started from nothing at one time: more of them would only slow each other down. */
  readonly startsAtOnce: number;
  readonly #cores: CoresBound;
  readonly #gpus: GpuBound;
  readonly #versions: () => readonly ModelVersion[];
  #glancedAt = 0;
  #measuredAt = 0;

  constructor({ cores, gpuCount, memoryBudget, maxTotalWorkers, versions, probe = thisMachine }: MachineParts) {
    this.#versions = versions;
    this.startsAtOnce = Math.max(4, 2 * cores);
    this.sizes = new WorkerSizes(probe);
    this.#cores = new CoresBound(cores, versions, probe);
    this.#gpus = new GpuBound(gpuCount, versions, probe);
    this.memory = new MemoryBound({ budget: memoryBudget, sizes: this.sizes, versions, probe });
    const total = maxTotalWorkers === null ? [] : [new TotalBound(maxTotalWorkers, versions)];
    this.bounds = [...total, this.#cores, this.#gpus, this.memory];
  }

  /** Looks around, as far as it is time to. @param now performance.now(). */
  look(now: number): void {
    if (now - this.#glancedAt >= glanceMs) {
      this.#glancedAt = now;
      this.#cores.sample(now);
      this.#gpus.sample(now).catch(() => {});
    }
    if (now - this.#measuredAt >= measureMs) {
      this.#measuredAt = now;
      for (const version of this.#versions()) if (version.readyWorkers > 0) void this.sizes.measure(version);
    }
  }

  /** GPUs that have no memory left for a worker of the version. */
  fullGpus(version: ModelVersion): ReadonlySet<number> {
    return this.#gpus.full(version);
  }
}
