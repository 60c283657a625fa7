/** Bytes that may wait for their reader before the handler is held up, and those at which it may go on. */
const mostWaiting = 1 << 20;
const fewWaiting = mostWaiting / 2;
/** Where the handler cannot be held up, more than this is too much. */
const tooManyWaiting = 16 * mostWaiting;

/** What a stream tells of its reader. */
export interface StreamWatch {
  /** `true`: the reader does not keep up, and no further piece should be made; `false`: it has caught up. */
  onHeld(held: boolean): void;
  /** The reader is so far behind that the rest cannot be kept for it. */
  onOverflow(): void;
}

/**
 * The pieces of one streamed result, from the worker that makes them to the one caller that reads them.
 * Ends after `end`, throws the given error after `fail`; pieces that came before either are read first.
 */
export class PieceStream implements AsyncIterable<Uint8Array> {
  readonly #watch: StreamWatch;
  readonly #pieces: Uint8Array[] = [];
  #waiting = 0;
  #held = false;
  #ended = false;
  #error: Error | null = null;
  #wake: (() => void) | null = null;

  constructor(watch: StreamWatch) {
    this.#watch = watch;
  }

  push(piece: Uint8Array): void {
    if (this.#ended) return;
    this.#pieces.push(piece);
    this.#waiting += piece.length;
    this.#notify();
    if (this.#waiting > tooManyWaiting) this.#watch.onOverflow();
    else if (this.#waiting > mostWaiting) this.#hold(true);
  }

  end(): void {
    this.#ended = true;
    this.#notify();
  }

  fail(error: Error): void {
    if (this.#ended) return;
    this.#error = error;
    this.end();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    for (;;) {
      const piece = this.#pieces.shift();
      if (piece !== undefined) {
        this.#waiting -= piece.length;
        if (this.#waiting <= fewWaiting) this.#hold(false);
        yield piece;
      } else if (this.#error) throw this.#error;
      else if (this.#ended) return;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }

  #hold(held: boolean): void {
    if (this.#held === held) return;
    this.#held = held;
    if (!this.#ended) this.#watch.onHeld(held);
  }

  #notify(): void {
    this.#wake?.();
    this.#wake = null;
  }
}
