import { Alarm } from './alarm.js';
import { RequestQueue } from './request-queue.js';
import type { Taker } from './version-batcher.js';

/** How long a sequence may last, in ms; 0: as long as it likes. */
export interface SequenceLimits {
  /** Without a request that waits or is in a worker's hands. */
  readonly maxIdleMs: number;
  /** From its first request. */
  readonly timeoutMs: number;
}

/** One sequence: the requests of it that wait, and the worker whose memory holds its state. */
export class Sequence {
  readonly id: string;
  readonly waiting = new RequestQueue();
  /** null before its first request went to one. */
  taker: Taker | null = null;
  /** Requests of it that a worker has and has not answered. */
  inHand = 0;
  readonly #limits: SequenceLimits;
  readonly #startedAt = performance.now();
  #usedAt = this.#startedAt;
  readonly #alarm: Alarm;

  /** @param onExpired told why, once, when a limit has passed. */
  constructor(id: string, limits: SequenceLimits, onExpired: (sequence: Sequence, why: string) => void) {
    this.id = id;
    this.#limits = limits;
    this.#alarm = new Alarm(() => this.#look(onExpired));
    this.#setAlarm();
  }

  /** Something happened to it: its idle time counts from now. */
  used(): void {
    this.#usedAt = performance.now();
  }

  /** It is over: its timer ends with it. */
  close(): void {
    this.#alarm.cancel();
  }

  /** The timer is not moved at every request, but looks when it rings whether it came too early. */
  #look(onExpired: (sequence: Sequence, why: string) => void): void {
    if (this.inHand > 0 || this.waiting.length > 0) this.used();
    if (this.#ageLeft() <= 0) onExpired(this, `it is older than ${this.#limits.timeoutMs} ms (sequenceTimeoutMSec)`);
    else if (this.#idleLeft() <= 0)
      onExpired(this, `it was idle for ${this.#limits.maxIdleMs} ms (sequenceMaxIdleMSec)`);
    else this.#setAlarm();
  }

  #setAlarm(): void {
    const wait = Math.min(this.#ageLeft(), this.#idleLeft());
    if (wait < Number.POSITIVE_INFINITY) this.#alarm.within(wait);
  }

  #ageLeft(): number {
    const { timeoutMs } = this.#limits;
    return timeoutMs > 0 ? this.#startedAt + timeoutMs - performance.now() : Number.POSITIVE_INFINITY;
  }

  #idleLeft(): number {
    const { maxIdleMs } = this.#limits;
    return maxIdleMs > 0 ? this.#usedAt + maxIdleMs - performance.now() : Number.POSITIVE_INFINITY;
  }
}
