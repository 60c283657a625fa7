import { ServingError } from '../errors/serving-error.js';
import type { Answer, Inference, InferenceInput } from './inference.js';
import { longestTimerMs } from './longest-timer.js';
import { PieceStream } from './piece-stream.js';

/** Where a request is: waiting in a queue, in the hands of a worker, or answered. */
export type RequestState = 'queued' | 'dispatched' | 'settled';

/** Whoever holds a request hears here of its caller. */
export interface Holder {
  /** The caller has gone. */
  abandoned(request: PendingRequest): void;
  /** The caller has read so many more bytes of its streamed result. */
  wasRead?(request: PendingRequest, bytes: number): void;
  /** The caller does not read its streamed result as fast as it is made, and may hold the handler up; or has caught up. */
  lagging?(request: PendingRequest, lags: boolean): void;
}

export interface RequestOptions {
  readonly alone?: boolean;
  /** Time from now after which the caller is told 408; 0 for none. */
  readonly deadlineMs?: number;
  readonly namedVersion?: string | null;
  /** Hears of the error that it is answered with. */
  readonly onFailed?: (error: ServingError, request: PendingRequest) => void;
}

/**
 * One admitted request. Whatever happens to queue, worker or server, it is settled exactly once: every way to answer
 * goes through `settle`, `piece` or `fail`, and the first one wins.
 */
export class PendingRequest implements Inference {
  readonly input: InferenceInput;
  readonly answer: Promise<Answer>;
  /** performance.now() at admission. */
  readonly arrivedAt = performance.now();
  /** A customized describe must not share a batch with predictions. */
  readonly alone: boolean;
  /** The version as the caller named it; null where it named none. */
  readonly namedVersion: string | null;
  /** performance.now() when a worker took it; 0 before. */
  dispatchedAt = 0;
  #state: RequestState = 'queued';
  readonly #onFailed: RequestOptions['onFailed'];
  #holder: Holder | null = null;
  #deadline: NodeJS.Timeout | null = null;
  #stream: PieceStream | null = null;
  #resolve!: (answer: Answer) => void;
  #reject!: (error: ServingError) => void;

  constructor(
    input: InferenceInput,
    { alone = false, deadlineMs = 0, namedVersion = null, onFailed }: RequestOptions = {},
  ) {
    this.input = input;
    this.alone = alone;
    this.namedVersion = namedVersion;
    this.#onFailed = onFailed;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    if (deadlineMs > 0)
      this.#deadline = setTimeout(() => this.#expire(deadlineMs), Math.min(deadlineMs, longestTimerMs));
  }

  get state(): RequestState {
    return this.#state;
  }

  /** Says who must hear of a cancellation from now on. */
  heldBy(holder: Holder, state: 'queued' | 'dispatched'): void {
    this.#holder = holder;
    if (this.#state === 'settled') return;
    this.#state = state;
    if (state === 'dispatched') this.dispatchedAt = performance.now();
  }

  /** The whole result, or the last piece of a streamed one. */
  settle(answer: Answer): void {
    if (this.#stream) {
      if (answer.body.length > 0) this.#stream.push(answer.body);
      this.#stream.end();
    } else if (this.#state !== 'settled') {
      this.#resolve(answer);
    }
    this.#close();
  }

  /** A part of the result; the first one settles the answer, whose `rest` brings the others. */
  piece(answer: Answer): void {
    if (this.#stream) {
      if (answer.body.length > 0) this.#stream.push(answer.body);
    } else if (this.#state !== 'settled') {
      this.#stream = new PieceStream({
        onRead: (bytes) => this.#holder?.wasRead?.(this, bytes),
        onLag: (lags) => this.#holder?.lagging?.(this, lags),
        onOverflow: () => this.#giveUp('The reader of the stream is too slow for what the model sends.'),
      });
      this.#resolve({ ...answer, rest: this.#stream });
    }
  }

  fail(error: ServingError): void {
    if (this.#state !== 'settled') this.#onFailed?.(error, this);
    if (this.#stream) this.#stream.fail(error);
    else if (this.#state !== 'settled') this.#reject(error);
    this.#close();
  }

  cancel(): void {
    this.#giveUp('The caller has gone.');
  }

  #expire(deadlineMs: number): void {
    if (!this.#stream) this.#giveUp(`The request was not answered within its ${deadlineMs} ms (clientTimeoutInMills).`);
  }

  #giveUp(why: string): void {
    if (this.#state === 'settled') return;
    const holder = this.#holder;
    this.fail(new ServingError('timedOut', why));
    holder?.abandoned(this);
  }

  #close(): void {
    this.#state = 'settled';
    this.#holder = null;
    if (this.#deadline) clearTimeout(this.#deadline);
    this.#deadline = null;
  }
}
