/**
 * How long a version's worker waits before it is started again, in seconds: TorchServe's series, except that a worker
 * that had served is first started again at once, since a warm start costs next to nothing.
 */
const waits = [0, 1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 987, 1597];

/** One worker's patience: longer waits from failure to failure, and an end after `windowSeconds` without a good load. */
export class RestartPolicy {
  readonly #windowMs: number;
  #failures = 0;
  #failingSince: number | null = null;

  /** @param windowSeconds maxRetryTimeoutInSec of the version; 0: never restart. */
  constructor(windowSeconds: number) {
    this.#windowMs = windowSeconds * 1000;
  }

  /** The worker has loaded its model: all is forgiven. */
  succeeded(): void {
    this.#failures = 0;
    this.#failingSince = null;
  }

  /** The worker failed. @returns milliseconds until the next try, or null to give up. */
  failed(): number | null {
    const now = performance.now();
    this.#failingSince ??= now;
    if (this.#windowMs === 0 || now - this.#failingSince >= this.#windowMs) return null;
    const seconds = waits[Math.min(this.#failures, waits.length - 1)] as number;
    this.#failures += 1;
    return seconds * 1000;
  }
}
