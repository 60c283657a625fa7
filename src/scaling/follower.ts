import type { ModelVersion } from '../registry/model-version.js';
import { decide, type Wish } from './decide.js';
import { LoadHistory } from './load-history.js';
import { Pace } from './pace.js';
import { StartBackoff } from './start-backoff.js';

/** What the load of a version calls for, and what is to be done about it now. */
export interface Verdict {
  readonly wish: Wish;
  /** The wish within minWorkers and maxWorkers. */
  readonly wanted: number;
  /** How many workers there should be now: `wanted` as far as rates and delays let it come true. */
  readonly target: number;
}

/** Follows the load of one version; keeps what has to be remembered from one look to the next. */
export class Follower {
  readonly backoff = new StartBackoff();
  readonly #version: ModelVersion;
  readonly #history = new LoadHistory();
  readonly #pace = new Pace();

  constructor(version: ModelVersion) {
    this.#version = version;
  }

  /** Looks at the version. @param now performance.now(). Only for one whose workers follow the load. */
  look(now: number): Verdict {
    const { settings, wish, wanted } = this.#decide(now);
    const target = this.#pace.step(now, this.#version.aliveWorkers, { ...wish, workers: wanted }, settings);
    return { wish, wanted, target };
  }

  /** The same without a memory of it, for a version that has no workers: the first ones come without delay. */
  wish(now: number): Omit<Verdict, 'target'> {
    const { wish, wanted } = this.#decide(now);
    return { wish, wanted };
  }

  #decide(now: number) {
    const { autoscale: settings, minWorkers, maxWorkers } = this.#version;
    if (settings === null) throw new Error('autoscaling is off');
    const wish = decide(this.#history.load(this.#reading(now)), settings);
    if (wish.workers >= minWorkers) return { settings, wish, wanted: Math.min(maxWorkers, wish.workers) };
    const reason = wish.reason === '' ? `minWorkers is ${minWorkers}` : `${wish.reason}; minWorkers is ${minWorkers}`;
    return { settings, wish: { ...wish, reason }, wanted: minWorkers };
  }

  #reading(now: number) {
    const { batcher, settings, aliveWorkers: workers, readyWorkers: ready } = this.#version;
    const { workload, pending, oldestArrival } = batcher;
    // With an idle worker at hand, what waits waits for company.
    const queued = workload.busy < ready ? 0 : pending;
    const windowMs = settings.batchSize > 1 && settings.batchPolicy === 'window' ? settings.maxBatchDelayMs : 0;
    const inUse = pending > 0 || workload.busy > 0;
    return {
      now,
      workers,
      ready,
      queued,
      oldestWaitMs: queued === 0 || oldestArrival === null ? 0 : Math.max(0, now - oldestArrival - windowMs),
      batchSize: settings.batchSize,
      admitted: workload.admittedRequests,
      finished: workload.batches,
      busyMs: workload.busyMs,
      idleMs: inUse ? 0 : now - workload.usedAt,
    };
  }
}
