import type { ServingError } from '../errors/serving-error.js';
import type { Holder, PendingRequest } from './pending-request.js';

/**
 * First in, first out. A request that was settled while it waited (its caller left, or its deadline passed) is skipped
 * where it stands, so that leaving costs nothing however long the queue is.
 */
export class RequestQueue implements Holder {
  #items: PendingRequest[] = [];
  #head = 0;
  #waiting = 0;

  /** Requests that still wait for an answer. */
  get length(): number {
    return this.#waiting;
  }

  push(request: PendingRequest): void {
    request.heldBy(this, 'queued');
    this.#items.push(request);
    this.#waiting += 1;
  }

  /** Puts requests that no worker began back where they were: first. */
  unshift(requests: readonly PendingRequest[]): void {
    const live = requests.filter((request) => request.state !== 'settled');
    for (const request of live) request.heldBy(this, 'queued');
    this.#items.splice(0, this.#head, ...live);
    this.#head = 0;
    this.#waiting += live.length;
  }

  peek(): PendingRequest | undefined {
    this.#skipSettled();
    return this.#items[this.#head];
  }

  shift(): PendingRequest | undefined {
    this.#skipSettled();
    const request = this.#items[this.#head];
    if (request === undefined) return undefined;
    this.#head += 1;
    this.#waiting -= 1;
    this.#compact();
    return request;
  }

  /** Answers everything that waits with an error. */
  failAll(error: () => ServingError): void {
    for (let request = this.shift(); request; request = this.shift()) request.fail(error());
  }

  abandoned(_request: PendingRequest): void {
    this.#waiting -= 1;
  }

  #skipSettled(): void {
    while (this.#items[this.#head]?.state === 'settled') this.#head += 1;
    this.#compact();
  }

  /** Gives the memory of the served part back, seldom enough to cost nothing on average. */
  #compact(): void {
    if (this.#head === this.#items.length) {
      this.#items = [];
      this.#head = 0;
    } else if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items.splice(0, this.#head);
      this.#head = 0;
    }
  }
}
