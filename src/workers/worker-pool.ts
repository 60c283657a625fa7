import type { Worker } from './worker.js';
import type { WorkerSnapshot } from './worker-state.js';

/** What changing the size of a pool did. */
export interface Resized {
  /** Workers that were started just now. */
  readonly started: readonly Worker[];
  /** Resolves when the workers that had to go are gone. */
  readonly stopped: Promise<void>;
}

/** The workers of one model version. */
export class WorkerPool {
  readonly #create: () => Worker;
  #workers: Worker[] = [];

  /** @param create makes and starts one worker. */
  constructor(create: () => Worker) {
    this.#create = create;
  }

  get size(): number {
    return this.#workers.length;
  }

  /** Workers that serve, or may come to serve by themselves. */
  get alive(): number {
    return this.#workers.filter((worker) => worker.alive).length;
  }

  /** Workers that serve now. */
  get ready(): number {
    return this.#workers.filter((worker) => worker.state === 'ready').length;
  }

  /** Workers that failed and wait for their next try. */
  get restarting(): number {
    return this.#workers.filter((worker) => worker.state === 'restarting').length;
  }

  /** The processes of each worker that serves now. */
  pids(): (readonly number[])[] {
    return this.#workers.flatMap(({ state, pids }) => (state === 'ready' && pids.length > 0 ? [pids] : []));
  }

  snapshot(): WorkerSnapshot[] {
    return this.#workers.map((worker) => worker.snapshot());
  }

  /**
   * Brings the number of workers between the bounds: starts what is missing below `least`, and stops the newest beyond
   * `most`, each after it has answered what it holds or the grace (ms) has passed.
   */
  resize(least: number, most: number, graceMs: number): Resized {
    // One that has given up is no worker that a caller would count on: it makes room for a fresh one.
    const given = this.#workers.filter((worker) => worker.state === 'failed');
    this.#workers = this.#workers.filter((worker) => worker.state !== 'failed');
    const surplus = this.#workers.splice(most);
    const started: Worker[] = [];
    while (this.#workers.length < least) {
      const worker = this.#create();
      this.#workers.push(worker);
      started.push(worker);
    }
    return {
      started,
      stopped: Promise.all([...given, ...surplus].map((worker) => worker.stop(graceMs))).then(() => {}),
    };
  }

  /** Takes one worker out, whatever the bounds, and stops it. Resolves when it is gone. */
  async drop(worker: Worker, graceMs: number): Promise<void> {
    this.#workers = this.#workers.filter((other) => other !== worker);
    await worker.stop(graceMs);
  }

  /** Stops every worker. */
  async close(graceMs: number): Promise<void> {
    await this.resize(0, 0, graceMs).stopped;
  }
}
