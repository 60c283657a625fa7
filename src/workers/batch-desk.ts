import type { PendingRequest } from '../batching/pending-request.js';
import type { VersionBatcher } from '../batching/version-batcher.js';
import type { ServingError } from '../errors/serving-error.js';
import { answerEach, clientAnswer, type Desk, type DeskParts, nextBatchId } from './desk.js';
import { DeskShift } from './desk-shift.js';
import type { BatchResult, DispatchedBatch, WorkerAnswer, WorkerLink } from './link/worker-link.js';

/**
 * Quick handlers are handed batches while they still run one, so that they never wait for the round trip: as many as
 * they can be expected to finish within this time (ms), by the running mean. Slower ones are not, so that no request is
 * stranded behind a busy worker: at 5 ms a stranded batch waits about as long as a round trip under load costs.
 */
const aheadMs = 5;
/**
 * A slower worker is said to be done soon within the last part of the time that a batch takes it (batches of one handler
 * differ by a tenth and more, so that a smaller part is missed half of the time), and within the last `soonMs` anyhow: no
 * worker that comes meanwhile could do the next batch much sooner, since a fork and the load of a model take as long.
 */
const soonPart = 0.25;
const soonMs = 100;
/** Most batches in a worker's hands, however quick it is. */
const mostBatches = 32;
/** Weight of the newest batch in the running mean. */
const meanWeight = 0.2;

/**
 * The batches of one live worker, from the pull to the answer: pulls from the batcher while the worker has room, keeps
 * the response deadline of the batch that runs, and leaves no request unanswered when the worker is lost.
 */
export class BatchDesk implements Desk {
  readonly #link: WorkerLink;
  readonly #batcher: VersionBatcher;
  readonly #responseTimeoutMs: number;
  readonly #events: DeskParts['events'];
  readonly #shift: DeskShift;
  /** First the batch that runs, then those that were sent ahead. The worker keeps this order. */
  readonly #batches: DispatchedBatch[] = [];
  /** The last of them, which are not sent yet: what comes in one turn of the event loop goes in one message. */
  #outgoing: DispatchedBatch[] = [];
  #meanMs: number | null = null;
  #deadline: NodeJS.Timeout | null = null;
  /** For the moment from which the batch that runs is expected to be done soon. */
  #soon: NodeJS.Timeout | null = null;
  /** Requests of the batch that runs whose callers do not keep up: the handler may wait for them, not they for it. */
  readonly #laggards = new Set<PendingRequest>();
  /** performance.now() at which the batch that runs can have begun. */
  #begunAt = 0;

  constructor({ link, batcher, responseTimeoutMs, events }: DeskParts) {
    this.#link = link;
    this.#batcher = batcher;
    this.#responseTimeoutMs = responseTimeoutMs;
    this.#events = events;
    this.#shift = new DeskShift(batcher, this);
  }

  open(): void {
    this.#shift.begin();
    this.#wantMore();
  }

  async drain(): Promise<void> {
    await this.#shift.drain(() => this.#batches.length > 0);
  }

  take(requests: PendingRequest[]): void {
    const batch = { id: nextBatchId(), requests };
    for (const request of requests) request.heldBy(this, 'dispatched');
    this.#batches.push(batch);
    if (this.#batches.length === 1) {
      this.#link.send([batch]);
      this.#begun();
    } else if (this.#outgoing.push(batch) === 1) {
      setImmediate(() => this.#flush());
    }
    this.#wantMore();
  }

  /** A caller left: the handler is told, and its batch goes on. */
  abandoned(request: PendingRequest): void {
    this.#laggards.delete(request);
    this.#locate(request, (batchId, index) => {
      this.#flush();
      this.#link.cancel(batchId, [index]);
    });
    this.#watchDeadline();
  }

  wasRead(request: PendingRequest, bytes: number): void {
    this.#locate(request, (batchId, index) => this.#link.acknowledge(batchId, index, bytes));
  }

  lagging(request: PendingRequest, lags: boolean): void {
    if (lags) this.#laggards.add(request);
    else this.#laggards.delete(request);
    this.#watchDeadline();
  }

  piece(batchId: number, index: number, answer: WorkerAnswer): void {
    // A handler that streams has the response timeout for each piece.
    this.#deadline?.refresh();
    this.#batches.find(({ id }) => id === batchId)?.requests[index]?.piece(clientAnswer(answer));
  }

  #locate(request: PendingRequest, found: (batchId: number, index: number) => void): void {
    for (const { id, requests } of this.#batches) {
      const index = requests.indexOf(request);
      if (index >= 0) found(id, index);
    }
  }

  result(result: BatchResult): void {
    const at = this.#batches.findIndex(({ id }) => id === result.batchId);
    const batch = this.#batches[at];
    if (!batch) return;
    this.#batches.splice(at, 1);
    this.#learn(batch, result.elapsedUs / 1000);
    this.#disarm();
    this.#forgetSoon();
    const heldMs = performance.now() - this.#begunAt;
    if (this.#batches.length > 0) this.#begun();
    this.#batcher.answered(batch.requests, result.answers, 'done');
    this.#wantMore();
    answerEach(batch.requests, result);
    this.#events.finished(result, batch.requests, heldMs);
    if (this.#batches.length === 0) this.#shift.emptied();
  }

  /**
   * The worker is gone. The batch that it ran is answered with the error; one that it had not begun goes back to the
   * head of the queue.
   */
  lost(error: () => ServingError): void {
    this.#shift.end();
    this.#disarm();
    this.#forgetSoon();
    this.#outgoing = [];
    const [running, ...ahead] = this.#batches.splice(0);
    const notBegun = ahead.flatMap(({ requests }) => requests);
    this.#batcher.lost(this, running?.requests ?? [], notBegun, error);
    this.#shift.emptied();
  }

  /** A batch whose callers have all gone is perhaps not run at all: that it was quick says nothing. */
  #learn({ requests }: DispatchedBatch, elapsedMs: number): void {
    const isQuick = this.#meanMs !== null && elapsedMs < this.#meanMs;
    if (isQuick && requests.every(({ state }) => state === 'settled')) return;
    this.#meanMs = this.#meanMs === null ? elapsedMs : this.#meanMs + meanWeight * (elapsedMs - this.#meanMs);
  }

  #wantMore(): void {
    if (!this.#shift.open) return;
    if (this.#batches.length === 0) this.#batcher.want(this, 'idle');
    else if (this.#hasRoomAhead()) this.#batcher.want(this, 'ahead');
    else if (this.#batches.length === 1) this.#wantSoon();
  }

  /** Once for each batch that runs: one that takes longer than expected is not followed up. */
  #wantSoon(): void {
    if (this.#meanMs === null || this.#soon) return;
    const leadMs = Math.max(soonMs, soonPart * this.#meanMs);
    const leftMs = this.#meanMs - leadMs - (performance.now() - this.#begunAt);
    if (leftMs > 0) this.#soon = setTimeout(() => this.#isSoonDone(), leftMs).unref();
    else this.#isSoonDone();
  }

  #isSoonDone(): void {
    if (this.#shift.open && this.#batches.length === 1) this.#batcher.want(this, 'soon');
  }

  #hasRoomAhead(): boolean {
    const held = this.#batches.length;
    return this.#meanMs !== null && held < mostBatches && held * this.#meanMs < aheadMs;
  }

  #flush(): void {
    if (this.#outgoing.length > 0) this.#link.send(this.#outgoing);
    this.#outgoing = [];
  }

  /** The deadline counts from the moment at which the worker can have begun the batch. */
  #begun(): void {
    this.#begunAt = performance.now();
    this.#laggards.clear();
    this.#watchDeadline();
  }

  /** The handler's time runs while it has a batch and nobody holds it up. */
  #watchDeadline(): void {
    const runs = this.#batches.length > 0 && this.#laggards.size === 0;
    if (!runs) this.#disarm();
    else if (!this.#deadline && this.#responseTimeoutMs > 0)
      this.#deadline = setTimeout(() => this.#events.overdue(), this.#responseTimeoutMs);
  }

  #disarm(): void {
    if (this.#deadline) clearTimeout(this.#deadline);
    this.#deadline = null;
  }

  #forgetSoon(): void {
    if (this.#soon) clearTimeout(this.#soon);
    this.#soon = null;
  }
}
