import type { PendingRequest } from '../batching/pending-request.js';
import type { VersionBatcher } from '../batching/version-batcher.js';
import { ServingError } from '../errors/serving-error.js';
import { answerEach, clientAnswer, type Desk, type DeskParts, nextBatchId } from './desk.js';
import { DeskShift } from './desk-shift.js';
import type { BatchResult, WorkerAnswer, WorkerLink } from './link/worker-link.js';

/** Most batches in the hands of one worker. Engines queue what they cannot run yet; what is beyond this waits here. */
const mostFlights = 1024;

/** A batch in the worker's hands. */
interface Flight {
  readonly requests: readonly PendingRequest[];
  readonly begunAt: number;
  readonly deadline: NodeJS.Timeout | null;
  /** Its deadline has passed once: its callers were answered, and the worker was told to drop it. */
  overdue: boolean;
}

/**
 * For engines that batch themselves (`asyncCommunication`): requests are sent as they come, many are under way at a time,
 * and each is answered when it is done. A request that brings neither a piece nor an answer within the response timeout
 * is answered with an error and cancelled; a worker that does not react to that within the same time again is ended.
 */
export class AsyncDesk implements Desk {
  readonly #link: WorkerLink;
  readonly #batcher: VersionBatcher;
  readonly #responseTimeoutMs: number;
  readonly #events: DeskParts['events'];
  readonly #shift: DeskShift;
  readonly #flights = new Map<number, Flight>();

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
    await this.#shift.drain(() => this.#flights.size > 0);
  }

  take(requests: PendingRequest[]): void {
    const id = nextBatchId();
    for (const request of requests) request.heldBy(this, 'dispatched');
    const deadline = this.#responseTimeoutMs > 0 ? setTimeout(() => this.#late(id), this.#responseTimeoutMs) : null;
    this.#flights.set(id, { requests, begunAt: performance.now(), deadline, overdue: false });
    this.#link.send([{ id, requests }]);
    // Not at once: the batcher is in the middle of giving this one out.
    queueMicrotask(() => this.#wantMore());
  }

  /** A caller left: the engine is told to stop where nobody else waits for its batch. */
  abandoned(request: PendingRequest): void {
    for (const [id, { requests }] of this.#flights) {
      const index = requests.indexOf(request);
      if (index >= 0) this.#link.cancel(id, [index]);
    }
  }

  /** A sign of life: the deadline counts from the last one. */
  piece(batchId: number, index: number, answer: WorkerAnswer): void {
    const flight = this.#flights.get(batchId);
    if (!flight || flight.overdue) return;
    flight.deadline?.refresh();
    flight.requests[index]?.piece(clientAnswer(answer));
  }

  result(result: BatchResult): void {
    const flight = this.#flights.get(result.batchId);
    if (!flight) return;
    this.#flights.delete(result.batchId);
    if (flight.deadline) clearTimeout(flight.deadline);
    const { requests } = flight;
    this.#batcher.answered(requests, result.answers, 'done');
    this.#wantMore();
    answerEach(requests, result);
    this.#events.finished(result, requests, performance.now() - flight.begunAt);
    if (this.#flights.size === 0) this.#shift.emptied();
  }

  lost(error: () => ServingError): void {
    this.#shift.end();
    const flights = [...this.#flights.values()];
    this.#flights.clear();
    for (const { deadline } of flights) if (deadline) clearTimeout(deadline);
    const begun = flights.flatMap(({ requests }) => requests);
    this.#batcher.lost(this, begun, [], error);
    this.#shift.emptied();
  }

  #wantMore(): void {
    if (!this.#shift.open || this.#flights.size >= mostFlights) return;
    this.#batcher.want(this, this.#flights.size === 0 ? 'idle' : 'ahead');
  }

  #late(id: number): void {
    const flight = this.#flights.get(id);
    if (!flight) return;
    if (flight.overdue) {
      this.#events.overdue();
      return;
    }
    flight.overdue = true;
    flight.deadline?.refresh();
    const seconds = this.#responseTimeoutMs / 1000;
    for (const request of flight.requests) {
      request.fail(new ServingError('internal', `The worker did not answer within ${seconds} s (responseTimeout).`));
    }
    this.#link.cancel(id, [...flight.requests.keys()]);
  }
}
