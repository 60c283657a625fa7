import type { SequenceHeaders } from '../config/sequence-headers.js';
import { ServingError } from '../errors/serving-error.js';
import { Alarm } from './alarm.js';
import { LostSequences } from './lost-sequences.js';
import type { PendingRequest } from './pending-request.js';
import { RequestQueue } from './request-queue.js';
import { Sequence, type SequenceLimits } from './sequence.js';
import { closedSequences, sequenceWords } from './sequence-words.js';
import type { Answered, Room, Taker, VersionBatcher } from './version-batcher.js';
import { WorkerSequences } from './worker-sequences.js';
import { Workload } from './workload.js';

export interface SequenceBatcherOptions extends SequenceLimits {
  readonly headers: SequenceHeaders;
  /** Most requests in one batch, 1 or more. */
  readonly batchSize: number;
  /** How long the first request of a batch waits for company, in ms. */
  readonly maxDelayMs: number;
  /** Most sequences at a time, of all workers together (`maxNumSequence`). */
  readonly maxSequences: number;
  /** Most requests of one sequence that wait while another of it is in a worker's hands (`maxSequenceJobQueueSize`). */
  readonly maxQueued: number;
  /** Most customized describes that wait. */
  readonly capacity: number;
  /** A sequence may have a further request in its worker's hands while an earlier one streams (`continuousBatching`). */
  readonly overlaps: boolean;
  /** How many sequences one worker may hold. */
  readonly placesEach: () => number;
}

/**
 * A queue for each sequence. A sequence stays with the worker that took its first request, whose memory holds its state,
 * and a batch has at most one request of each. It ends when the handler's answer or the client says so, when one of its
 * limits has passed, or when its worker is gone.
 */
export class SequenceBatcher implements VersionBatcher {
  readonly #options: SequenceBatcherOptions;
  readonly #sequences = new Map<string, Sequence>();
  readonly #lost: LostSequences;
  /** Customized describes, which belong to no sequence. */
  readonly #describes = new RequestQueue();
  /** Sequences without a worker, whose first request waits. */
  readonly #unplaced = new Set<Sequence>();
  readonly #workers = new Map<Taker, WorkerSequences>();
  readonly workload = new Workload();
  /** Workers with room, and those that do nothing. */
  readonly #wanting = new Set<Taker>();
  readonly #idle = new Set<Taker>();
  /** Which sequence each request belongs to that waits or is in a worker's hands. */
  readonly #sequenceOf = new WeakMap<PendingRequest, Sequence>();
  /** For the window that ends next. */
  readonly #alarm = new Alarm(() => this.#pump());
  #whenDrained: (() => void)[] = [];

  constructor(options: SequenceBatcherOptions) {
    this.#options = options;
    this.#lost = new LostSequences(options.maxIdleMs);
  }

  get pending(): number {
    let sum = this.#describes.length;
    for (const { waiting } of this.#sequences.values()) sum += waiting.length;
    return sum;
  }

  get oldestArrival(): number | null {
    const heads = [...[...this.#sequences.values()].map(({ waiting }) => waiting), this.#describes];
    const arrivals = heads.flatMap((queue) => queue.peek()?.arrivedAt ?? []);
    return arrivals.length === 0 ? null : Math.min(...arrivals);
  }

  get remainingCapacity(): number {
    return Math.max(0, this.#options.maxSequences * this.#options.maxQueued - this.pending);
  }

  admit(request: PendingRequest): boolean {
    if (request.alone) {
      if (this.#describes.length >= this.#options.capacity) return false;
      this.#describes.push(request);
    } else if (!this.#admitToSequence(request)) {
      return false;
    }
    this.workload.admitted();
    this.#pump();
    return true;
  }

  want(taker: Taker, room: Room): void {
    this.unwant(taker);
    // A new sequence would be bound to the worker, where another may be free sooner.
    if (room === 'soon') return;
    this.#wanting.add(taker);
    if (room === 'idle') {
      this.#idle.add(taker);
      this.workload.freed(taker);
    }
    this.#pump();
  }

  unwant(taker: Taker): void {
    this.#wanting.delete(taker);
    this.#idle.delete(taker);
  }

  join(taker: Taker, most: number): PendingRequest[] {
    const describe = this.#describes.shift();
    return describe ? [describe] : this.#collect(taker, most);
  }

  answered(requests: readonly PendingRequest[], answers: readonly Answered[], how: 'done' | 'more'): void {
    for (const [index, request] of requests.entries()) {
      if (how === 'done') this.#returned(request);
      for (const id of closedSequences(answers[index]?.headers ?? [], this.#options.headers)) {
        const sequence = this.#sequences.get(id);
        if (sequence) this.#end(sequence, 'it was closed by the handler');
      }
    }
    if (how === 'done') this.workload.answered();
    this.#pump();
  }

  async retire(taker: Taker): Promise<void> {
    await this.#of(taker).retire();
  }

  lost(
    taker: Taker,
    begun: readonly PendingRequest[],
    ahead: readonly PendingRequest[],
    error: () => ServingError,
  ): void {
    this.unwant(taker);
    this.workload.freed(taker);
    for (const request of [...begun, ...ahead]) {
      const id = this.#sequenceOf.get(request)?.id;
      request.fail(id === undefined ? error() : withSequence(error(), id));
    }
    const worker = this.#workers.get(taker);
    this.#workers.delete(taker);
    for (const sequence of worker?.sequences ?? []) {
      this.#lost.add(sequence.id);
      this.#end(sequence, workerGone);
    }
    worker?.gone();
    this.#pump();
  }

  async drained(): Promise<void> {
    if (this.pending > 0) await new Promise<void>((resolve) => this.#whenDrained.push(resolve));
  }

  failAll(error: () => ServingError): void {
    this.#describes.failAll(error);
    for (const sequence of [...this.#sequences.values()]) {
      sequence.waiting.failAll(error);
      this.#end(sequence, 'the model is served no more');
    }
    this.#pump();
  }

  /**
   * @throws ServingError badRequest where the id is too long; unavailable where the worker that held the sequence is gone,
   * or is about to go.
   */
  #admitToSequence(request: PendingRequest): boolean {
    const { headers, maxSequences, maxQueued } = this.#options;
    const { id, starts } = sequenceWords(request.input.headers, headers);
    if (id.length > longestId) {
      throw new ServingError('badRequest', `A sequence id has at most ${longestId} characters, this one ${id.length}.`);
    }
    const known = this.#sequences.get(id);
    if (this.#isRetiring(known) || (!known && !starts && this.#lost.has(id))) throw ended(id, workerGone);
    if (!known && this.#sequences.size >= maxSequences) return false;
    const sequence = known ?? this.#begin(id);
    const room = maxQueued + (sequence.inHand === 0 ? 1 : 0);
    if (sequence.waiting.length >= room) return false;
    sequence.waiting.push(request);
    sequence.used();
    this.#sequenceOf.set(request, sequence);
    this.#ready(sequence);
    return true;
  }

  #begin(id: string): Sequence {
    const sequence = new Sequence(id, this.#options, (expired, why) => this.#end(expired, why));
    this.#lost.forget(id);
    this.#sequences.set(id, sequence);
    return sequence;
  }

  /** The sequence is forgotten. Those of its requests that wait are told why; one in a worker's hands is answered. */
  #end(sequence: Sequence, why: string): void {
    if (this.#sequences.get(sequence.id) !== sequence) return;
    sequence.close();
    this.#sequences.delete(sequence.id);
    this.#unplaced.delete(sequence);
    if (sequence.taker) this.#workers.get(sequence.taker)?.release(sequence);
    sequence.waiting.failAll(() => ended(sequence.id, why));
  }

  #returned(request: PendingRequest): void {
    const sequence = this.#sequenceOf.get(request);
    if (!sequence) return;
    this.#sequenceOf.delete(request);
    sequence.inHand -= 1;
    sequence.used();
    if (sequenceWords(request.input.headers, this.#options.headers).ends) {
      this.#end(sequence, 'it was ended by the client');
    }
    this.#ready(sequence);
  }

  /** Lets it be collected where one of its requests may go. */
  #ready(sequence: Sequence): void {
    if (this.#sequences.get(sequence.id) !== sequence || sequence.waiting.length === 0) return;
    if (sequence.inHand > 0 && !this.#options.overlaps) return;
    if (sequence.taker) this.#of(sequence.taker).ready.add(sequence);
    else this.#unplaced.add(sequence);
  }

  #pump(): void {
    for (const taker of this.#inTurn()) {
      if (!this.#wanting.has(taker)) continue;
      const wait = this.#describes.length > 0 ? 0 : this.#windowLeft(taker);
      if (wait > 0) {
        if (wait < Number.POSITIVE_INFINITY) this.#alarm.within(wait);
        continue;
      }
      const batch = this.join(taker, this.#options.batchSize);
      if (batch.length === 0) continue;
      this.unwant(taker);
      this.workload.took(taker);
      taker.take(batch);
    }
    for (const worker of this.#workers.values()) worker.checkRetired();
    if (this.#whenDrained.length > 0 && this.pending === 0)
      for (const resolve of this.#whenDrained.splice(0)) resolve();
  }

  /** Workers with room: those that do nothing first, and of these the one with the fewest sequences. */
  #inTurn(): Taker[] {
    const rank = (taker: Taker): number => (this.#idle.has(taker) ? 0 : 1);
    return [...this.#wanting].sort(
      (a, b) => rank(a) - rank(b) || this.#of(a).sequences.size - this.#of(b).sequences.size,
    );
  }

  /** Milliseconds until what this worker could take must go; 0 or less: now; infinite where there is nothing. */
  #windowLeft(taker: Taker): number {
    const { batchSize, maxDelayMs } = this.#options;
    const candidates = this.#candidates(taker);
    const [first] = candidates;
    if (!first) return Number.POSITIVE_INFINITY;
    return candidates.length >= batchSize ? 0 : arrival(first) + maxDelayMs - performance.now();
  }

  /**
   * Sequences of which this worker may take a request: its own, and new ones for which it has places. The one whose
   * request has waited longest comes first, so that neither can keep the other waiting for ever.
   */
  #candidates(taker: Taker): Sequence[] {
    const { ready } = this.#of(taker);
    const unplaced = [...this.#unplaced].filter(waits).slice(0, this.#places(taker));
    return [...[...ready].filter(waits), ...unplaced].sort((a, b) => arrival(a) - arrival(b));
  }

  /** How many more sequences this worker may take: all of them have about as many as the others. */
  #places(taker: Taker): number {
    const { sequences, retiring } = this.#of(taker);
    if (retiring) return 0;
    let workers = 0;
    for (const worker of this.#workers.values()) if (!worker.retiring) workers += 1;
    const share = Math.ceil(this.#sequences.size / workers);
    return Math.max(0, Math.min(share, this.#options.placesEach()) - sequences.size);
  }

  /** One request of each of at most so many sequences. */
  #collect(taker: Taker, most: number): PendingRequest[] {
    const worker = this.#of(taker);
    return this.#candidates(taker)
      .slice(0, most)
      .map((sequence) => {
        const request = sequence.waiting.shift() as PendingRequest;
        worker.ready.delete(sequence);
        this.#unplaced.delete(sequence);
        sequence.taker = taker;
        worker.sequences.add(sequence);
        sequence.inHand += 1;
        this.#ready(sequence);
        return request;
      });
  }

  #of(taker: Taker): WorkerSequences {
    let worker = this.#workers.get(taker);
    if (!worker) {
      worker = new WorkerSequences();
      this.#workers.set(taker, worker);
    }
    return worker;
  }

  #isRetiring(sequence: Sequence | undefined): boolean {
    return !!sequence?.taker && this.#of(sequence.taker).retiring;
  }
}

/** Its callers may have left meanwhile. */
function waits({ waiting }: Sequence): boolean {
  return waiting.length > 0;
}

function arrival({ waiting }: Sequence): number {
  return waiting.peek()?.arrivedAt ?? 0;
}

/** In characters; ids are kept as long as their sequences, and some time after a worker's death. */
const longestId = 1024;
const workerGone = 'the worker that held it is gone';

function ended(id: string, why: string): ServingError {
  return new ServingError('unavailable', `The sequence "${id}" has ended: ${why}. Start it anew.`);
}

/** What is told to a request that its worker took along. */
function withSequence({ kind, message, status }: ServingError, id: string): ServingError {
  return new ServingError(kind, `${message} The sequence "${id}" has ended with it. Start it anew.`, status);
}
