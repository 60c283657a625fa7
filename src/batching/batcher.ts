import type { ServingError } from '../errors/serving-error.js';
import { Alarm } from './alarm.js';
import type { PendingRequest } from './pending-request.js';
import { RequestQueue } from './request-queue.js';
import type { Answered, Room, Taker, VersionBatcher } from './version-batcher.js';
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
  /** Workers by the room they have; of each kind, the one that has had it longest comes first. */
  readonly #wanting: Readonly<Record<Room, Set<Taker>>> = { idle: new Set(), ahead: new Set(), soon: new Set() };
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

  want(taker: Taker, room: Room): void {
    this.unwant(taker);
    if (room === 'idle') this.workload.freed(taker);
    this.#wanting[room].add(taker);
    this.#pump();
  }

  unwant(taker: Taker): void {
    const { idle, ahead, soon } = this.#wanting;
    idle.delete(taker);
    ahead.delete(taker);
    soon.delete(taker);
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
    const idle = this.#wanting.idle.size;
    return this.#options.ticketed ? idle : this.#options.capacity + idle * this.#options.batchSize;
  }

  #pump(): void {
    for (;;) {
      const first = this.#queue.peek();
      if (!first) {
        this.#empty();
        return;
      }
      const idle = firstOf(this.#wanting.idle);
      const taker = idle ?? firstOf(this.#wanting.ahead) ?? this.#soonDone();
      if (!taker) return;
      if (!this.#isFull(first) && this.#waits(first, idle !== undefined)) return;
      this.#give(taker, first);
    }
  }

  /**
   * A worker that will be done soon takes only a full batch, and only where it is the one that is at work: another might
   * be free sooner.
   */
  #soonDone(): Taker | undefined {
    const mayTake = this.workload.busy === 1 && this.#queue.length >= this.#options.batchSize;
    return mayTake ? firstOf(this.#wanting.soon) : undefined;
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
