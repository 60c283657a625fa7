import type { ServingError } from '../errors/serving-error.js';
import { Alarm } from './alarm.js';
import type { PendingRequest } from './pending-request.js';
import { RequestQueue } from './request-queue.js';
import type { Answered, Taker, VersionBatcher } from './version-batcher.js';
import { Workload } from './workload.js';

/** When a batch that is not full goes. */
export type BatchPolicy = 'window' | 'eager';

export interface BatcherOptions {
  /** Most requests in one batch, 1 or more. */
  readonly batchSize: number;
  /** How long the first request of a batch waits for company, in ms. */
  readonly maxDelayMs: number;
  /**
   * `window`, the default: a batch waits `maxDelayMs` for company. `eager`: it goes as soon as a worker has nothing to do,
   * and grows only while all are busy.
   */
  readonly policy?: BatchPolicy;
  /** How many requests may wait beyond those that idle workers have room for. */
  readonly capacity: number;
  /** Admit one request for each idle worker and no more (`useJobTicket`). */
  readonly ticketed?: boolean;
}

/**
 * The queue of one model version, and the rule by which it becomes batches. Workers pull: they say `want` when they
 * have room. The window opens when the first request arrives, not when a worker becomes free; a batch goes as soon as
 * it is full or its window has passed, and never before a worker wants it. An eager one has no window: what waits goes to
 * the first worker that has nothing to do, and a busy one is sent full batches only.
 */
export class Batcher implements VersionBatcher {
  readonly workload = new Workload();
  readonly #options: BatcherOptions;
  readonly #queue = new RequestQueue();
  /** Workers with nothing to do, the longest idle first. */
  readonly #idle = new Set<Taker>();
  /** Workers that are busy but quick, and may hold one batch ahead. */
  readonly #ahead = new Set<Taker>();
  /** For the window that ends next. */
  readonly #alarm = new Alarm(() => this.#pump());
  #whenDrained: (() => void)[] = [];

  constructor(options: BatcherOptions) {
    this.#options = options;
  }

  get pending(): number {
    return this.#queue.length;
  }

  get oldestArrival(): number | null {
    return this.#queue.peek()?.arrivedAt ?? null;
  }

  get remainingCapacity(): number {
    return Math.min(this.#options.capacity, Math.max(0, this.#limit() - this.pending));
  }

  admit(request: PendingRequest): boolean {
    if (this.#queue.length >= this.#limit()) return false;
    this.#queue.push(request);
    this.workload.admitted();
    this.#pump();
    return true;
  }

  want(taker: Taker, room: 'idle' | 'ahead'): void {
    this.unwant(taker);
    if (room === 'idle') this.workload.freed(taker);
    (room === 'idle' ? this.#idle : this.#ahead).add(taker);
    this.#pump();
  }

  /**
   * Only the one worker that is at work takes it, since another might be free sooner, and only a full batch of several: one
   * request by itself gains little, and can still be answered by a worker that comes.
   */
  offer(taker: Taker): void {
    const { batchSize } = this.#options;
    const first = this.#queue.peek();
    if (first && batchSize > 1 && this.#queue.length >= batchSize && this.workload.busy === 1) this.#give(taker, first);
  }

  unwant(taker: Taker): void {
    this.#idle.delete(taker);
    this.#ahead.delete(taker);
  }

  join(_taker: Taker, most: number): PendingRequest[] {
    const first = this.#queue.peek();
    return first && (first.alone || most > 0) ? this.#nextBatch(first, most) : [];
  }

  answered(_requests: readonly PendingRequest[], _answers: readonly Answered[], how: 'done' | 'more'): void {
    if (how === 'done') this.workload.answered();
  }

  async retire(taker: Taker): Promise<void> {
    this.unwant(taker);
  }

  /** What the worker had not begun goes back to the head of the queue. */
  lost(
    taker: Taker,
    begun: readonly PendingRequest[],
    ahead: readonly PendingRequest[],
    error: () => ServingError,
  ): void {
    this.unwant(taker);
    this.workload.freed(taker);
    for (const request of begun) request.fail(error());
    this.#queue.unshift(ahead);
    this.#pump();
  }

  async drained(): Promise<void> {
    if (this.pending > 0) await new Promise<void>((resolve) => this.#whenDrained.push(resolve));
  }

  failAll(error: () => ServingError): void {
    this.#queue.failAll(error);
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
      const idle = firstOf(this.#idle);
      const taker = idle ?? firstOf(this.#ahead);
      if (!taker) return;
      if (!this.#isFull(first) && this.#waits(first, idle !== undefined)) return;
      this.#give(taker, first);
    }
  }

  #give(taker: Taker, first: PendingRequest): void {
    this.unwant(taker);
    this.workload.took(taker);
    taker.take(this.#nextBatch(first, this.#options.batchSize));
  }

  #empty(): void {
    this.#alarm.cancel();
    for (const resolve of this.#whenDrained.splice(0)) resolve();
  }

  /** Whether what waits, and does not fill a batch, stays for now; whatever ends that pumps again. */
  #waits(first: PendingRequest, isWorkerIdle: boolean): boolean {
    if (this.#options.policy === 'eager') return !isWorkerIdle;
    const left = first.arrivedAt + this.#options.maxDelayMs - performance.now();
    if (left > 0) this.#alarm.within(left);
    return left > 0;
  }

  /** Whether what waits has no use for company. */
  #isFull(first: PendingRequest): boolean {
    return first.alone || this.#queue.length >= this.#options.batchSize;
  }

  #nextBatch(first: PendingRequest, most: number): PendingRequest[] {
    const batch: PendingRequest[] = [];
    const size = first.alone ? 1 : most;
    while (batch.length < size) {
      const next = this.#queue.peek();
      if (!next || (next.alone && batch.length > 0)) break;
      batch.push(next);
      this.#queue.shift();
    }
    return batch;
  }
}

function firstOf<T>(set: Set<T>): T | undefined {
  for (const item of set) return item;
  return undefined;
}
