import type { PendingRequest } from '../batching/pending-request.js';
import type { VersionBatcher } from '../batching/version-batcher.js';
import type { ServingError } from '../errors/serving-error.js';
import { clientAnswer, type Desk, type DeskParts, nextBatchId } from './desk.js';
import { DeskShift } from './desk-shift.js';
import type { BatchResult, DispatchedBatch, WorkerAnswer, WorkerLink } from './link/worker-link.js';
import { failureOf } from './result-codes.js';

/** Header of an answer that says whether more follows. */
const streamNext = 'ts_stream_next';

export interface ContinuousDeskParts extends DeskParts {
  /** Most requests that run at a time. */
  readonly slots: number;
}

/** What a step did to one of its requests; no answer where the step failed. */
interface Outcome {
  readonly request: PendingRequest;
  readonly answer: WorkerAnswer | null;
}

/**
 * Continuous batching: the batch is run step by step, and between two steps requests leave it and others join. A request
 * whose answer says `ts_stream_next: true` is sent again with the next step, its headers with it and its body not; any
 * other answer is its last. One whose caller has gone is not sent again. Free slots go to those that have waited longest,
 * so that a newcomer waits for a slot and the end of a step, never for the end of the batch.
 */
export class ContinuousDesk implements Desk {
  readonly #link: WorkerLink;
  readonly #batcher: VersionBatcher;
  readonly #responseTimeoutMs: number;
  readonly #events: DeskParts['events'];
  readonly #shift: DeskShift;
  readonly #slots: number;
  /** Begun and not finished, in the order in which they joined. */
  #running: PendingRequest[] = [];
  /** What the worker has in hand: all that run, or a customized describe. */
  #step: DispatchedBatch | null = null;
  #begunAt = 0;
  #deadline: NodeJS.Timeout | null = null;

  constructor({ link, batcher, responseTimeoutMs, events, slots }: ContinuousDeskParts) {
    this.#link = link;
    this.#batcher = batcher;
    this.#responseTimeoutMs = responseTimeoutMs;
    this.#events = events;
    this.#shift = new DeskShift(batcher, this);
    this.#slots = slots;
  }

  open(): void {
    this.#shift.begin();
    this.#next();
  }

  async drain(): Promise<void> {
    await this.#shift.drain(() => this.#step !== null);
  }

  take(requests: PendingRequest[]): void {
    this.#begin(requests);
  }

  /** A caller left: the handler is told in this step, and does not see the request in the next. */
  abandoned(request: PendingRequest): void {
    const index = this.#step?.requests.indexOf(request) ?? -1;
    if (this.#step && index >= 0) this.#link.cancel(this.#step.id, [index]);
    else this.#leave([{ request, answer: null }]);
  }

  wasRead(request: PendingRequest, bytes: number): void {
    const index = this.#step?.requests.indexOf(request) ?? -1;
    if (this.#step && index >= 0) this.#link.acknowledge(this.#step.id, index, bytes);
  }

  piece(batchId: number, index: number, answer: WorkerAnswer): void {
    // A handler that streams has the response timeout for each piece.
    this.#deadline?.refresh();
    if (this.#step?.id === batchId) this.#step.requests[index]?.piece(clientAnswer(answer));
  }

  result(result: BatchResult): void {
    const step = this.#step;
    if (step?.id !== result.batchId) return;
    this.#step = null;
    this.#disarm();
    const heldMs = performance.now() - this.#begunAt;
    const failure = failureOf(result, step.requests.length);
    const outcomes = step.requests.map((request, index) => ({
      request,
      answer: failure ? null : (result.answers[index] as WorkerAnswer),
    }));
    const staying = outcomes.filter(staysOn);
    const leaving = outcomes.filter((outcome) => !staysOn(outcome));
    this.#tell(staying, 'more');
    this.#leave(leaving);
    // The next step first: the worker should not wait until the answers of this one are written.
    this.#next();
    for (const { request, answer } of staying) request.piece(clientAnswer(answer as WorkerAnswer));
    for (const { request, answer } of leaving) {
      if (answer) request.settle(clientAnswer(answer));
      else if (failure) request.fail(failure());
    }
    const left = leaving.map(({ request }) => request);
    this.#events.finished(result, left, heldMs);
  }

  lost(error: () => ServingError): void {
    this.#shift.end();
    this.#disarm();
    const begun = new Set([...this.#running, ...(this.#step?.requests ?? [])]);
    this.#running = [];
    this.#step = null;
    this.#batcher.lost(this, [...begun], [], error);
    this.#shift.emptied();
  }

  #leave(outcomes: readonly Outcome[]): void {
    const left = new Set(outcomes.map(({ request }) => request));
    this.#running = this.#running.filter((request) => !left.has(request));
    this.#tell(outcomes, 'done');
  }

  #tell(outcomes: readonly Outcome[], how: 'done' | 'more'): void {
    this.#batcher.answered(
      outcomes.map(({ request }) => request),
      outcomes.map(({ answer }) => answer ?? { headers: [] }),
      how,
    );
  }

  #next(): void {
    const room = this.#slots - this.#running.length;
    this.#begin(this.#shift.open ? this.#batcher.join(this, room) : []);
  }

  /** The next step, with these besides those that run. */
  #begin(joining: PendingRequest[]): void {
    for (const request of joining) request.heldBy(this, 'dispatched');
    const resumed = this.#running.length;
    if (joining[0]?.alone) {
      this.#send({ id: nextBatchId(), requests: joining });
      return;
    }
    this.#running = [...this.#running, ...joining];
    if (this.#running.length > 0) this.#send({ id: nextBatchId(), requests: this.#running, resumed });
    else if (this.#shift.open) this.#batcher.want(this, 'idle');
    else this.#shift.emptied();
  }

  #send(step: DispatchedBatch): void {
    this.#step = step;
    this.#link.send([step]);
    this.#begunAt = performance.now();
    if (this.#responseTimeoutMs > 0) this.#deadline = setTimeout(() => this.#events.overdue(), this.#responseTimeoutMs);
  }

  #disarm(): void {
    if (this.#deadline) clearTimeout(this.#deadline);
    this.#deadline = null;
  }
}

function staysOn({ request, answer }: Outcome): boolean {
  return answer !== null && !request.alone && request.state !== 'settled' && goesOn(answer);
}

/** Whether the handler has more to say to this request. */
function goesOn({ headers }: WorkerAnswer): boolean {
  const at = headers.indexOf(streamNext);
  return at % 2 === 0 && headers[at + 1] === 'true';
}
