import { longestTimerMs } from './longest-timer.js';

/** One timer for the earliest of many moments: whoever it wakes looks around, and sets it anew where more is to come. */
export class Alarm {
  readonly #ring: () => void;
  #timer: NodeJS.Timeout | null = null;
  #at = 0;

  constructor(ring: () => void) {
    this.#ring = ring;
  }

  /** Rings in `wait` ms; where it is set for earlier already, it is left to that. */
  within(wait: number): void {
    const at = performance.now() + wait;
    if (this.#timer && this.#at <= at) return;
    this.cancel();
    this.#at = at;
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        this.#ring();
      },
      Math.min(Math.ceil(wait), longestTimerMs),
    );
  }

  cancel(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
