/** Nobody ever changes it: waiting for that is sleeping. */
const asleep = new Int32Array(new SharedArrayBuffer(4));

/** In ms: longer pauses are left to timers first. */
const longestSleep = 3;

/** In ms: a timer of one millisecond has rung by then, if the machine is not crowded. */
const shortestTimer = 1.2;

/**
 * Rings between the whole milliseconds that timers keep, some hundredths of a millisecond late where a timer rings one or two
 * milliseconds late, which is longer than a quick server takes. While nothing is awaited the thread sleeps through the last of
 * the pause, up to 3 ms; otherwise it spends the last millisecond looking for answers and at the clock, at the price of a core's time.
 */
export class Alarm {
  readonly #ring: () => void;
  readonly #nothingAwaited: () => boolean;
  #at = 0;
  #timer: NodeJS.Timeout | undefined;
  #soon: NodeJS.Immediate | undefined;

  /** @param nothingAwaited whether the event loop may stand still, since no answer is on its way. */
  constructor(ring: () => void, nothingAwaited: () => boolean) {
    this.#ring = ring;
    this.#nothingAwaited = nothingAwaited;
  }

  /** @param at as performance.now() tells; it takes the place of what was set before. */
  set(at: number): void {
    this.#at = at;
    this.#rest();
  }

  /** An answer has come, so that the thread may be free to sleep. */
  answered(): void {
    if ((this.#timer || this.#soon) && this.#nothingAwaited()) this.#lookSoon();
  }

  #rest(): void {
    const pause = this.#at - performance.now();
    if (pause < shortestTimer) this.#lookSoon();
    else {
      this.#clear();
      this.#timer = setTimeout(() => this.#look(), Math.floor(pause - (shortestTimer - 1)));
    }
  }

  #lookSoon(): void {
    this.#clear();
    this.#soon = setImmediate(() => this.#look());
  }

  #look(): void {
    this.#clear();
    const pause = this.#at - performance.now();
    if (pause > 0 && (pause > longestSleep || !this.#nothingAwaited())) {
      this.#rest();
      return;
    }
    if (pause > 0) Atomics.wait(asleep, 0, 0, pause);
    this.#ring();
  }

  #clear(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#soon);
    this.#timer = undefined;
    this.#soon = undefined;
  }
}
