/** Most ids that are remembered; beyond them the oldest are forgotten. */
const mostIds = 10_000;

/**
 * Ids of sequences whose state went with their worker. A request that would go on with one must be told so, since it
 * would get answers of a handler that knows nothing of what came before. An id is forgotten when a sequence that idles
 * would be.
 */
export class LostSequences {
  /** When each was lost, the oldest first. */
  readonly #lostAt = new Map<string, number>();
  readonly #memoryMs: number;

  /** @param memoryMs how long an id is remembered; 0: as long as there is room. */
  constructor(memoryMs: number) {
    this.#memoryMs = memoryMs > 0 ? memoryMs : Number.POSITIVE_INFINITY;
  }

  add(id: string): void {
    this.#lostAt.delete(id);
    this.#lostAt.set(id, performance.now());
    for (const [oldest, at] of this.#lostAt) {
      if (this.#lostAt.size <= mostIds && performance.now() - at < this.#memoryMs) break;
      this.#lostAt.delete(oldest);
    }
  }

  has(id: string): boolean {
    const at = this.#lostAt.get(id);
    return at !== undefined && performance.now() - at < this.#memoryMs;
  }

  forget(id: string): void {
    this.#lostAt.delete(id);
  }
}
