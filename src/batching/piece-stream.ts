/** Bytes that a worker sends ahead of a reader, as in `ts_worker/flow.py`: there it stops the handler. */
const windowBytes = 2 << 20;
/** What was read is told whenever it is so much more. */
const quarter = windowBytes / 4;
/** A reader with more than this before it may hold its handler up. */
const laggingBytes = windowBytes / 2;
/** Where the handler cannot be held up, more than this is too much. */
const mostBytes = 8 * windowBytes;

/** What a stream tells of its reader. */
export interface StreamWatch {
  /** So many more bytes were read. */
  onRead(bytes: number): void;
  /** The reader does not keep up, so that the handler may have to wait for it; or it has caught up. */
  onLag(lags: boolean): void;
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
  #untold = 0;
  #lags = false;
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
    if (this.#waiting > mostBytes) this.#watch.onOverflow();
    else if (this.#waiting > laggingBytes) this.#lag(true);
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
        this.#read(piece.length);
        yield piece;
      } else if (this.#error) throw this.#error;
      else if (this.#ended) return;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }

  #read(bytes: number): void {
    this.#waiting -= bytes;
    this.#untold += bytes;
    if (this.#untold >= quarter && !this.#ended) {
      this.#watch.onRead(this.#untold);
      this.#untold = 0;
    }
    if (this.#waiting <= laggingBytes) this.#lag(false);
  }

  #lag(lags: boolean): void {
    if (this.#lags === lags) return;
    this.#lags = lags;
    if (!this.#ended) this.#watch.onLag(lags);
  }

  #notify(): void {
    this.#wake?.();
    this.#wake = null;
  }
}
