import type { ServingError } from '../errors/serving-error.js';
import type { PendingRequest } from './pending-request.js';
import type { Workload } from './workload.js';

/**
 * Why a worker may be given a batch: it does nothing (`idle`); it works, but so quickly that it may hold the next batch
 * already (`ahead`); it works and will be done soon, so that it may hold what nobody else could take sooner and nothing
 * could join meanwhile (`soon`).
 */
export type Room = 'idle' | 'ahead' | 'soon';

/** Someone who can run a batch: a worker. The batcher knows nothing else of it. */
export interface Taker {
  /** Called once for each `want`, with at least one request. */
  take(batch: PendingRequest[]): void;
}

/** What a batcher reads off an answer. */
export interface Answered {
  /** Name, value, name, value, ... as the handler set them. */
  readonly headers: readonly string[];
}

/**
 * Where the requests of one model version wait, and the rule by which they become batches. Workers pull from it; the
 * version puts requests in. `Batcher` has one queue for all, `SequenceBatcher` one for each sequence.
 */
export interface VersionBatcher {
  /** Requests that wait. */
  readonly pending: number;
  /** performance.now() at which the request that waits longest came; null where none waits. */
  readonly oldestArrival: number | null;
  readonly workload: Workload;
  /** How many more could wait; what describe calls remainingCapacity. */
  readonly remainingCapacity: number;
  /**
   * False where there is no room: the caller is told at once.
   * @throws ServingError where this very request cannot be taken, whatever the room.
   */
  admit(request: PendingRequest): boolean;
  /** A worker has room. Another word of the same worker takes the place of this one. */
  want(taker: Taker, room: Room): void;
  unwant(taker: Taker): void;
  /**
   * At once, what may join the requests that a worker runs already: at most so many, perhaps none. A customized describe
   * comes by itself, and needs no room.
   */
  join(taker: Taker, most: number): PendingRequest[];
  /**
   * The handler answered requests that a worker had taken: with `done` for good, with `more` in part. `answers[i]` is
   * for `requests[i]`; there are none where the batch failed.
   */
  answered(requests: readonly PendingRequest[], answers: readonly Answered[], how: 'done' | 'more'): void;
  /** A worker will stop: it is given nothing new. Resolves when it has been given what nobody else can do. */
  retire(taker: Taker): Promise<void>;
  /** A worker is gone. What it had begun is answered with the error, what it had not is given to another where it may be. */
  lost(
    taker: Taker,
    begun: readonly PendingRequest[],
    ahead: readonly PendingRequest[],
    error: () => ServingError,
  ): void;
  /** Resolves when nothing waits any more. */
  drained(): Promise<void>;
  /** Answers everything that waits with an error. */
  failAll(error: () => ServingError): void;
}
