/** Waits after failed starts, in seconds: the last one stays. */
const waits = [1, 2, 4, 8, 16, 32, 60, 120, 300];

/** Keeps a version whose workers fail to start from being tried without end. */
export class StartBackoff {
  #failures = 0;
  #until = 0;
  #reason = '';
  #forgave = false;

  /** Milliseconds until it may be tried again; 0 where it may now. */
  left(now: number): number {
    return this.#failures === 0 ? 0 : Math.max(0, this.#until - now);
  }

  /** Why it may not be tried now, as a sentence; null where it may. */
  obstacle(now: number): string | null {
    const left = this.left(now);
    if (left === 0) return null;
    return `Its worker could not be started: ${this.#reason.replace(/\.$/, '')}. The next try is in ${Math.ceil(left / 1000)} s at the earliest.`;
  }

  /**
   * A worker did not load its model. Those that failed together count once.
   * @param byChance its process was lost, and nobody knows that the next would be: the first such failure is forgiven.
   */
  failed(now: number, reason: string, byChance = false): void {
    this.#reason = reason;
    if (this.left(now) > 0) return;
    if (byChance && !this.#forgave) {
      this.#forgave = true;
      return;
    }
    const seconds = waits[Math.min(this.#failures, waits.length - 1)] as number;
    this.#failures += 1;
    this.#until = now + seconds * 1000;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#forgave = false;
  }
}
