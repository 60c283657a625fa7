import type { Answer } from '../batching/inference.js';
import type { Holder, PendingRequest } from '../batching/pending-request.js';
import type { Taker, VersionBatcher } from '../batching/version-batcher.js';
import type { ServingError } from '../errors/serving-error.js';
import type { BatchResult, WorkerAnswer, WorkerLink } from './link/worker-link.js';
import { failureOf } from './result-codes.js';

/**
 * How requests go to a worker: `batches`, one after the other; `steps` of one batch that requests join and leave
 * (`continuousBatching`); `flights`, as they come and side by side (`asyncCommunication`).
 */
export type Dispatch =
  | { readonly kind: 'batches' | 'flights' }
  | { readonly kind: 'steps' /** Most requests that run at a time. */; readonly slots: number };

/** What a desk tells its worker. */
export interface DeskEvents {
  /** The worker did not answer within the response timeout, and is of no more use. */
  overdue(): void;
  /** A batch came back. @param heldMs since the worker could have begun it. */
  finished(result: BatchResult, requests: readonly PendingRequest[], heldMs: number): void;
}

/** What a desk works with. */
export interface DeskParts {
  readonly link: WorkerLink;
  readonly batcher: VersionBatcher;
  /** 0: for ever. */
  readonly responseTimeoutMs: number;
  readonly events: DeskEvents;
}

/**
 * The requests in the hands of one live worker, from the pull to the answer. It keeps the response deadlines, and leaves
 * no request unanswered when the worker is lost.
 */
export interface Desk extends Taker, Holder {
  /** Starts to pull. */
  open(): void;
  /** Stops to pull; resolves when the worker has answered what it holds. */
  drain(): Promise<void>;
  /** The worker sent a part of one request's result ahead of the batch's result. */
  piece(batchId: number, index: number, answer: WorkerAnswer): void;
  result(result: BatchResult): void;
  /** The worker is gone: what it had begun is answered with the error. Safe to call twice. */
  lost(error: () => ServingError): void;
}

let lastBatchId = 0;

/** Unique in this server, so that a late word of a dead worker can never meet another's batch. */
export function nextBatchId(): number {
  lastBatchId += 1;
  return lastBatchId;
}

/** As the client gets it. */
export function clientAnswer({ status, phrase, headers, body }: WorkerAnswer): Answer {
  return { status: status || 200, phrase, headers, body };
}

/** Answers each request of a batch that came back: with its own answer, or with what the whole batch failed with. */
export function answerEach(requests: readonly PendingRequest[], result: BatchResult): void {
  const failure = failureOf(result, requests.length);
  for (const [index, request] of requests.entries()) {
    if (failure) request.fail(failure());
    else request.settle(clientAnswer(result.answers[index] as WorkerAnswer));
  }
}
