import type { Load } from './load.js';

/** What can be read off a version at one moment. Counters only go up. */
export interface Reading {
  /** Milliseconds on a clock that only goes forward. */
  readonly now: number;
  readonly workers: number;
  readonly ready: number;
  /** Requests that wait though no worker is idle. */
  readonly queued: number;
  /** Milliseconds that the oldest of them has waited beyond the batch window. */
  readonly oldestWaitMs: number;
  /** Most requests of a batch. */
  readonly batchSize: number;
  /** Requests that were ever let into the queue. */
  readonly admitted: number;
  /** Batches that were ever run. */
  readonly finished: number;
  /** Milliseconds that workers ever spent on batches, those that run now included. */
  readonly busyMs: number;
  readonly idleMs: number;
}

/** How far back shares and rates look, in ms: long enough to be calm, short enough to be of now. */
const lookBackMs = 2000;

/** Makes loads of readings: what is a count at one moment becomes a rate over the last seconds. */
export class LoadHistory {
  #readings: Reading[] = [];
  #batchMs: number | null = null;

  /** Takes a reading, and answers with the load that it and those before amount to. */
  load(reading: Reading): Load {
    const { now, workers, ready, queued, oldestWaitMs, batchSize, idleMs } = reading;
    while (this.#readings.length > 1 && (this.#readings[1] as Reading).now <= now - lookBackMs) this.#readings.shift();
    const past = this.#readings[0] ?? reading;
    this.#readings.push(reading);
    const elapsed = now - past.now;
    const busyMs = reading.busyMs - past.busyMs;
    const finished = reading.finished - past.finished;
    if (busyMs > 0)
      this.#batchMs = finished > 0 ? busyMs / finished : Math.max(this.#batchMs ?? 0, busyMs / Math.max(1, ready));
    return {
      now,
      workers,
      ready,
      waiting: queued / batchSize,
      oldestWaitMs,
      busy: elapsed === 0 ? 0 : busyMs / elapsed,
      arrivals: elapsed === 0 ? 0 : ((reading.admitted - past.admitted) / batchSize / elapsed) * 1000,
      batchMs: this.#batchMs,
      idleMs,
    };
  }
}
