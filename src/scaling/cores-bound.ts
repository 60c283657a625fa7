import type { ModelVersion } from '../registry/model-version.js';
import type { Allowance, Bound } from './bound.js';
import type { Probe } from './probe.js';

/** What is known of one version's use of the cores. */
interface Use {
  /** Processor seconds of each process when it was last looked at. */
  readonly seen: Map<number, number>;
  busyMs: number;
  /** Cores that all of its workers together kept busy since. */
  cores: number;
  /** Cores that one worker keeps busy while it runs a batch, at most 1; null where none was seen to work. */
  perWorker: number | null;
}

/** Work (ms) that has to be seen before a share says anything. */
const leastBusyMs = 100;
/** Weight of the newest sample in the running mean. */
const meanWeight = 0.5;

/**
 * Cores of the machine. A worker that computes takes one; one that waits, for a GPU or another server, takes next to
 * none: which of the two is learned from the processor time of the workers that are there. The first worker of a
 * version is never kept back.
 */
export class CoresBound implements Bound {
  readonly kind = 'cores';
  readonly #cores: number;
  readonly #uses = new WeakMap<ModelVersion, Use>();
  readonly #versions: () => readonly ModelVersion[];
  readonly #probe: Probe;
  #sampledAt = 0;

  constructor(cores: number, versions: () => readonly ModelVersion[], probe: Probe) {
    this.#cores = cores;
    this.#versions = versions;
    this.#probe = probe;
  }

  /** Looks at what the workers used since the last time. @param now milliseconds. */
  sample(now: number): void {
    const elapsedMs = now - this.#sampledAt;
    this.#sampledAt = now;
    for (const version of this.#versions()) this.#sample(version, elapsedMs);
  }

  allow(version: ModelVersion, workers: number): Allowance {
    const { aliveWorkers } = version;
    const perWorker = this.#perWorker(version);
    if (perWorker < 0.01) return { workers, reason: '' };
    const others = this.#versions().reduce(
      (sum, one) => sum + (one === version ? 0 : (this.#uses.get(one)?.cores ?? 0)),
      0,
    );
    const room = Math.floor((this.#cores - others - perWorker * aliveWorkers) / perWorker + 0.1);
    const allowed = Math.max(aliveWorkers === 0 ? 1 : 0, room);
    if (allowed >= workers) return { workers, reason: '' };
    const taken = (others + perWorker * aliveWorkers).toFixed(1);
    return { workers: allowed, reason: `workers that compute take ${taken} of ${this.#cores} cores` };
  }

  #perWorker(version: ModelVersion): number {
    const known = this.#uses.get(version)?.perWorker ?? null;
    return known ?? (version.settings.deviceType === 'gpu' ? 0 : 1);
  }

  #sample(version: ModelVersion, elapsedMs: number): void {
    const { busyMs } = version.batcher.workload;
    const use = this.#uses.get(version) ?? { seen: new Map<number, number>(), busyMs, cores: 0, perWorker: null };
    this.#uses.set(version, use);
    const before = new Map(use.seen);
    use.seen.clear();
    let seconds = 0;
    for (const pid of version.workerPids().flat()) {
      const used = this.#probe.processorSeconds(pid);
      if (used === null) continue;
      use.seen.set(pid, used);
      seconds += used - (before.get(pid) ?? used);
    }
    use.cores = elapsedMs > 0 ? (seconds * 1000) / elapsedMs : 0;
    const worked = busyMs - use.busyMs;
    if (worked >= leastBusyMs && use.seen.size > 0) {
      const share = Math.min(1, (seconds * 1000) / worked);
      use.perWorker = use.perWorker === null ? share : use.perWorker + meanWeight * (share - use.perWorker);
    }
    use.busyMs = busyMs;
  }
}
