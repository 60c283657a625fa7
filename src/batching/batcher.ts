import type { ServingError } from '../errors/serving-error.js';
import { longestTimerMs } from './longest-timer.js';
import type { PendingRequest } from './pending-request.js';
import { RequestQueue } from './request-queue.js';

/** Someone who can run a batch: a worker. The batcher knows nothing else of it. */
export interface Taker {
  /** Called once for each `want`, with at least one request. */
  take(batch: PendingRequest[]): void;
}

export interface BatcherOptions {
  /** Most requests in one batch, 1 or more. */
  readonly batchSize: number;
  /** How long the first request of a batch waits for company, in ms. */
  readonly maxDelayMs: number;
  /** How many requests may wait beyond those that idle workers have room for. */
  readonly capacity: number;
  /** Admit one request for each idle worker and no more (`useJobTicket`). */
  readonly ticketed?: boolean;
}

/**
 * The queue of one model version, and the rule by which it becomes batches. Workers pull: they say `want` when they
 * have room. The window opens when the first request arrives, not when a worker becomes free; a batch goes as soon as
 * it is full or its window has passed, and never before a worker wants it.
 */
export class Batcher {
  readonly #options: BatcherOptions;
  readonly #queue = new RequestQueue();
  /** Workers with nothing to do, the longest idle first. */
  readonly #idle = new Set<Taker>();
  /** Workers that are busy but quick, and may hold one batch ahead. */
  readonly #ahead = new Set<Taker>();
  #timer: NodeJS.Timeout | null = null;
  #timerAt = 0;
  #whenDrained: (() => void)[] = [];

  constructor(options: BatcherOptions) {
    this.#options = options;
  }

  /** Requests that wait. */
  get pending(): number {
    return this.#queue.length;
  }

  /** How many more could wait; what describe calls remainingCapacity. */
  get remainingCapacity(): number {
    return Math.min(this.#options.capacity, Math.max(0, this.#limit() - this.pending));
  }

  /** False where the queue is full: the caller is told at once. */
  admit(request: PendingRequest): boolean {
    if (this.#queue.length >= this.#limit()) return false;
    this.#queue.push(request);
    this.#pump();
    return true;
  }

  /** A worker has room: `idle` when it does nothing, `ahead` when it works and may hold the next batch already. */
  want(taker: Taker, room: 'idle' | 'ahead'): void {
    this.unwant(taker);
    (room === 'idle' ? this.#idle : this.#ahead).add(taker);
    this.#pump();
  }

  unwant(taker: Taker): void {
    this.#idle.delete(taker);
    this.#ahead.delete(taker);
  }

  /** Requests that were handed to a worker which died before it began them. */
  giveBack(requests: readonly PendingRequest[]): void {
    this.#queue.unshift(requests);
    this.#pump();
  }

  /** Resolves when nothing waits any more. */
  async drained(): Promise<void> {
    if (this.pending > 0) await new Promise<void>((resolve) => this.#whenDrained.push(resolve));
  }

  /** Answers everything that waits with an error. */
  failAll(error: () => ServingError): void {
    for (let request = this.#queue.shift(); request; request = this.#queue.shift()) request.fail(error());
    this.#pump();
  }

  #limit(): number {
    if (this.#options.ticketed) return this.#idle.size;
    return this.#options.capacity + this.#idle.size * this.#options.batchSize;
  }

  #pump(): void {
    for (;;) {
      const first = this.#queue.peek();
      if (!first) {
        this.#empty();
        return;
      }
      const taker = firstOf(this.#idle) ?? firstOf(this.#ahead);
      if (!taker) return;
      const wait = this.#windowLeft(first);
      if (wait > 0) {
        this.#arm(wait);
        return;
      }
      this.unwant(taker);
      taker.take(this.#nextBatch(first));
    }
  }

  #empty(): void {
    this.#disarm();
    for (const resolve of this.#whenDrained.splice(0)) resolve();
  }

  /** Milliseconds until the waiting requests must go; 0 or less: now. */
  #windowLeft(first: PendingRequest): number {
    const { batchSize, maxDelayMs } = this.#options;
    if (first.alone || this.#queue.length >= batchSize) return 0;
    return first.arrivedAt + maxDelayMs - performance.now();
  }

  #nextBatch(first: PendingRequest): PendingRequest[] {
    const batch: PendingRequest[] = [];
    const size = first.alone ? 1 : this.#options.batchSize;
    while (batch.length < size) {
      const next = this.#queue.peek();
      if (!next || (next.alone && batch.length > 0)) break;
      batch.push(next);
      this.#queue.shift();
    }
    return batch;
  }

  /** One timer serves all windows: one that is due earlier is left to fire and look again. */
  #arm(wait: number): void {
    const at = performance.now() + wait;
    if (this.#timer && this.#timerAt <= at) return;
    this.#disarm();
    this.#timerAt = at;
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        this.#pump();
      },
      Math.min(Math.ceil(wait), longestTimerMs),
    );
  }

  #disarm(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

function firstOf<T>(set: Set<T>): T | undefined {
  for (const item of set) return item;
  return undefined;
}
