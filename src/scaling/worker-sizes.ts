import type { ModelVersion } from '../registry/model-version.js';
import type { Probe } from './probe.js';

/** What a worker owns at the very least: an interpreter's own pages and the link. */
const leastBytes = 16 * 2 ** 20;

/** How much memory a worker of each version owns: measured where one has been loaded, until then taken from its archive. */
export class WorkerSizes {
  readonly #measured = new WeakMap<ModelVersion, number>();
  readonly #probe: Probe;

  constructor(probe: Probe) {
    this.#probe = probe;
  }

  /** Measures the workers of a version that serve: their mean counts from now on, also once they are gone. */
  async measure(version: ModelVersion): Promise<void> {
    const sizes = await Promise.all(version.workerPids().map((pids) => this.#ownBytes(pids)));
    const known = sizes.filter((bytes) => bytes > 0);
    if (known.length === 0) return;
    this.#measured.set(version, known.reduce((sum, bytes) => sum + bytes, 0) / known.length);
  }

  async #ownBytes(pids: readonly number[]): Promise<number> {
    const sizes = await Promise.all(pids.map((pid) => this.#probe.ownBytes(pid)));
    return sizes.reduce((sum, bytes) => sum + bytes, 0);
  }

  /** Bytes that a worker was measured to own; null where none has been loaded yet. */
  measured(version: ModelVersion): number | null {
    return this.#measured.get(version) ?? null;
  }

  /** Measured bytes, else what its archive makes likely: weights take about as much memory as they take on disk. */
  bytes(version: ModelVersion): number {
    return this.measured(version) ?? leastBytes + version.archiveBytes;
  }
}
