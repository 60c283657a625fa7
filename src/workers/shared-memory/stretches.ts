/** Memory is handed out in pages of this size, so that no two owners write to one. */
const pageBytes = 4096;

interface Stretch {
  readonly offset: number;
  readonly length: number;
}

/**
 * Which stretches of a space are taken. The lowest free one that is long enough is given, so that the same memory is
 * used again and again, and is warm in the processor's caches.
 */
export class Stretches {
  /** By offset; no two touch. */
  #free: Stretch[];
  readonly #taken = new Map<number, number>();
  #takenBytes = 0;

  /** @param size bytes of the whole space. */
  constructor(size: number) {
    this.#free = [{ offset: 0, length: size }];
  }

  /** How many are taken. */
  get count(): number {
    return this.#taken.size;
  }

  /** Bytes that are taken, in whole pages. */
  get takenBytes(): number {
    return this.#takenBytes;
  }

  /** @returns the offset of a free stretch that is now taken; null where there is none so long. */
  take(length: number): number | null {
    const whole = Math.max(1, Math.ceil(length / pageBytes)) * pageBytes;
    const at = this.#free.findIndex((stretch) => stretch.length >= whole);
    const found = this.#free[at];
    if (!found) return null;
    const rest = { offset: found.offset + whole, length: found.length - whole };
    this.#free.splice(at, 1, ...(rest.length > 0 ? [rest] : []));
    this.#taken.set(found.offset, whole);
    this.#takenBytes += whole;
    return found.offset;
  }

  /** Gives back what `take` gave. */
  give(offset: number): void {
    const length = this.#taken.get(offset);
    if (length === undefined) throw new RangeError(`nothing is taken at ${offset}`);
    this.#taken.delete(offset);
    this.#takenBytes -= length;
    const after = this.#free.findIndex((stretch) => stretch.offset > offset);
    const at = after < 0 ? this.#free.length : after;
    const [before, next] = [this.#free[at - 1], this.#free[at]];
    const joinsBefore = before !== undefined && before.offset + before.length === offset;
    const joinsNext = next !== undefined && offset + length === next.offset;
    const start = joinsBefore ? before.offset : offset;
    const end = joinsNext ? next.offset + next.length : offset + length;
    const first = joinsBefore ? at - 1 : at;
    this.#free.splice(first, Number(joinsBefore) + Number(joinsNext), { offset: start, length: end - start });
  }
}
