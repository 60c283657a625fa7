import type { ModelVersion } from '../registry/model-version.js';
import type { GpuMemory } from '../workers/gpu-memory.js';
import { isParallel } from '../workers/ranks/rank-plan.js';
import type { Allowance, Bound } from './bound.js';
import type { Probe } from './probe.js';

/** How often nvidia-smi is asked, in ms: it takes some tens of them. */
const sampleMs = 1000;
/** A GPU with less than this part of its memory left has no room for a worker of unknown size. */
const leastFree = 0.05;

/** Memory of the GPUs, by nvidia-smi. */
export class GpuBound implements Bound {
  readonly kind = 'gpu_memory';
  readonly #gpuCount: number;
  readonly #versions: () => readonly ModelVersion[];
  readonly #probe: Probe;
  readonly #sizes = new WeakMap<ModelVersion, number>();
  /** Workers of each version that held their memory when nvidia-smi was last asked. */
  readonly #counted = new WeakMap<ModelVersion, number>();
  #gpus: ReadonlyMap<number, GpuMemory> = new Map();
  #sampling = false;
  #sampledAt = Number.NEGATIVE_INFINITY;

  constructor(gpuCount: number, versions: () => readonly ModelVersion[], probe: Probe) {
    this.#gpuCount = gpuCount;
    this.#versions = versions;
    this.#probe = probe;
  }

  /** Asks nvidia-smi once a second at most, where a version that follows its load runs on GPUs. @param now milliseconds. */
  async sample(now: number): Promise<void> {
    const versions = this.#versions().filter((version) => version.autoscale !== null && this.#onGpu(version));
    if (this.#sampling || now - this.#sampledAt < sampleMs || versions.length === 0) return;
    this.#sampling = true;
    this.#sampledAt = now;
    try {
      const ready = versions.map((version) => [version, version.readyWorkers] as const);
      const [gpus, processes] = await Promise.all([this.#probe.gpuMemory(), this.#probe.gpuBytesByProcess()]);
      this.#gpus = gpus;
      for (const [version, workers] of ready) this.#counted.set(version, workers);
      for (const version of versions) {
        const sizes = version
          .workerPids()
          .flat()
          .flatMap((pid) => processes.get(pid) ?? []);
        if (sizes.length > 0) this.#sizes.set(version, Math.max(...sizes));
      }
    } finally {
      this.#sampling = false;
    }
  }

  /** GPUs on which no further worker of the version fits. */
  full(version: ModelVersion): ReadonlySet<number> {
    return new Set(this.#candidates(version).filter((gpu) => this.#room(version, gpu) === 0));
  }

  allow(version: ModelVersion, workers: number): Allowance {
    if (!this.#onGpu(version) || this.#gpus.size === 0) return { workers, reason: '' };
    const uncounted = Math.max(0, version.aliveWorkers - (this.#counted.get(version) ?? 0));
    const size = this.#sizes.get(version);
    const rooms = this.#candidates(version).reduce((sum, gpu) => sum + this.#room(version, gpu), 0);
    const places = isParallel(version.settings) ? Math.floor(rooms / version.settings.parallelLevel) : rooms;
    const room = Math.max(0, places - uncounted);
    if (room >= workers) return { workers, reason: '' };
    const free = this.#candidates(version)
      .map((gpu) => `GPU ${gpu} has ${mebibytes(this.#gpus.get(gpu)?.freeBytes ?? 0)} MiB left`)
      .join(', ');
    const needed =
      size === undefined ? 'what a worker takes is not known yet' : `a worker takes ${mebibytes(size)} MiB`;
    return { workers: room, reason: `${needed}, and ${free}` };
  }

  #onGpu({ settings }: ModelVersion): boolean {
    return settings.deviceType === 'gpu' && this.#gpuCount > 0;
  }

  #candidates({ settings }: ModelVersion): readonly number[] {
    return settings.deviceIds ?? Array.from({ length: this.#gpuCount }, (_, index) => index);
  }

  /** Workers of the version for which a GPU has memory; of unknown size, one. */
  #room(version: ModelVersion, gpu: number): number {
    const memory = this.#gpus.get(gpu);
    // Nothing is known of it: nothing keeps a worker from it.
    if (!memory) return Number.POSITIVE_INFINITY;
    const size = this.#sizes.get(version);
    if (size === undefined) return memory.freeBytes >= leastFree * memory.totalBytes ? 1 : 0;
    return Math.max(0, Math.floor(memory.freeBytes / size));
  }
}

function mebibytes(bytes: number): string {
  return Math.round(bytes / 2 ** 20).toLocaleString('en');
}
