/** As many streams find room at first: a power of two, like every later size. */
const initialSlots = 16;

/**
 * Streams of one HTTP/2 session by their ids, of 1 and more, as a `Map` has them. V8's `Map` is replaced by another whenever its
 * entries and the holes of deleted ones fill it, which is every few calls, and the old one refers to the new one and to all that
 * it held: once one of them lies among the old objects, each keeps its successor from the collector of young objects, and with
 * it most calls that are long over. This one stays in its place, and forgets what is deleted.
 */
export class StreamTable<Stream> extends Map<number, Stream> {
  /** 0: a free slot. A stream lies at the first free slot from where its id points to. */
  #ids = new Uint32Array(initialSlots);
  #streams = new Array<Stream | undefined>(initialSlots).fill(undefined);
  #size = 0;

  override get size(): number {
    return this.#size;
  }

  override has(id: number): boolean {
    return this.#streams[this.#slot(id)] !== undefined;
  }

  override get(id: number): Stream | undefined {
    return this.#streams[this.#slot(id)];
  }

  override set(id: number, stream: Stream): this {
    let slot = this.#slot(id);
    if (this.#ids[slot] === 0) {
      if (this.#size >= this.#ids.length / 2) {
        this.#grow();
        slot = this.#slot(id);
      }
      this.#size += 1;
      this.#ids[slot] = id;
    }
    this.#streams[slot] = stream;
    return this;
  }

  override delete(id: number): boolean {
    let free = this.#slot(id);
    if (this.#ids[free] === 0) return false;
    this.#size -= 1;
    const last = this.#ids.length - 1;
    // Whoever was put further on for want of this slot moves up, so that a search that ends at a free slot has seen all.
    for (let slot = (free + 1) & last; this.#ids[slot] !== 0; slot = (slot + 1) & last) {
      const wanted = this.#home(this.#ids[slot] as number);
      if (((slot - wanted) & last) < ((slot - free) & last)) continue;
      this.#ids[free] = this.#ids[slot] as number;
      this.#streams[free] = this.#streams[slot];
      free = slot;
    }
    this.#ids[free] = 0;
    this.#streams[free] = undefined;
    return true;
  }

  override clear(): void {
    this.#ids.fill(0);
    this.#streams.fill(undefined);
    this.#size = 0;
  }

  override *entries(): MapIterator<[number, Stream]> {
    for (const id of this.#ids.filter((held) => held !== 0)) {
      if (this.has(id)) yield [id, this.get(id) as Stream];
    }
  }

  override *keys(): MapIterator<number> {
    for (const [id] of this.entries()) yield id;
  }

  override *values(): MapIterator<Stream> {
    for (const [, stream] of this.entries()) yield stream;
  }

  override [Symbol.iterator](): MapIterator<[number, Stream]> {
    return this.entries();
  }

  override forEach(told: (stream: Stream, id: number, table: Map<number, Stream>) => void): void {
    for (const [id, stream] of this.entries()) told(stream, id, this);
  }

  /** Where it is, or where it would be put. */
  #slot(id: number): number {
    const ids = this.#ids;
    const last = ids.length - 1;
    let slot = this.#home(id);
    while (ids[slot] !== id && ids[slot] !== 0) slot = (slot + 1) & last;
    return slot;
  }

  /** Ids of one side go up by two. */
  #home(id: number): number {
    return (id >>> 1) & (this.#ids.length - 1);
  }

  #grow(): void {
    const held = [...this.entries()];
    this.#ids = new Uint32Array(this.#ids.length * 2);
    this.#streams = new Array<Stream | undefined>(this.#ids.length).fill(undefined);
    this.#size = 0;
    for (const [id, stream] of held) this.set(id, stream);
  }
}
