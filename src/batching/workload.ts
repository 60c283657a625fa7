/** How much the takers of one queue have to do: what autoscaling reads. Counters only go up. */
export class Workload {
  /** Takers that run something. */
  readonly #busy = new Set<object>();
  #batches = 0;
  #busyMs = 0;
  #countedAt = performance.now();
  #admitted = 0;
  #usedAt = performance.now();

  /** Requests that were let in. */
  get admittedRequests(): number {
    return this.#admitted;
  }

  /** performance.now() at which the queue last had to do with a request. */
  get usedAt(): number {
    return this.#usedAt;
  }

  /** Batches that were answered. */
  get batches(): number {
    return this.#batches;
  }

  /** Takers that run something now. */
  get busy(): number {
    return this.#busy.size;
  }

  /** Milliseconds that takers were busy, all of them together, up to now. */
  get busyMs(): number {
    this.#count();
    return this.#busyMs;
  }

  admitted(): void {
    this.#admitted += 1;
    this.#usedAt = performance.now();
  }

  took(taker: object): void {
    this.#count();
    this.#busy.add(taker);
  }

  answered(): void {
    this.#batches += 1;
  }

  /** A taker has nothing left to run, or is gone. */
  freed(taker: object): void {
    if (!this.#busy.has(taker)) return;
    this.#count();
    this.#busy.delete(taker);
    this.#usedAt = this.#countedAt;
  }

  #count(): void {
    const now = performance.now();
    this.#busyMs += this.#busy.size * (now - this.#countedAt);
    this.#countedAt = now;
  }
}
