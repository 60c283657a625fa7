import type { WriteRound } from './write-round.js';

/** Where lines end up: a file or the console. */
export interface Target {
  /** Writes all of it, or throws. Called again only once the last call has ended. */
  write(chunk: Buffer): Promise<void>;
  /** Writes what it can at once, while the process ends. */
  writeSync(chunk: Buffer): void;
  close(): Promise<void>;
}

export interface LineWriterOptions {
  /** Bytes that may wait. Lines beyond it are dropped; default 8 MiB. */
  readonly limit?: number;
  /** When lines are written, together with those of other writers. */
  readonly round: WriteRound;
  /** The line that tells of dropped ones. */
  readonly notice: (dropped: number) => string;
  /** Hears of the first failure of a row of them. */
  readonly failed: (error: Error) => void;
}

/** What one write to the target holds at most. */
const CHUNK = 256 * 1024;
/** Characters that are gathered as text before they become bytes: one call for many lines is half the price. */
const TEXT = 4 * 1024;
/** Bytes that a character may need in UTF-8. */
const WIDEST = 3;
const NONE = Buffer.alloc(0);

/**
 * Gathers lines and writes them in large pieces, so that a line costs no system call of its own and never waits for a
 * disk or a reader. What comes faster than it can be written is dropped and counted. Lines become bytes soon: kept as text
 * for the while that they wait, they would outlive the young generation, and half of a line's cost be garbage.
 */
export class LineWriter {
  readonly #target: Target;
  readonly #options: LineWriterOptions;
  readonly #limit: number;
  /** Full pieces that wait. */
  #pieces: Buffer<ArrayBuffer>[] = [];
  /** The piece that lines are added to, and how much of it they fill. */
  #piece = NONE;
  #filled = 0;
  /** A piece that was written, to be filled again: new ones each time would be most of what the collector sees. */
  #spare = NONE;
  /** The newest lines, which are no bytes yet. */
  #text = '';
  /** Bytes that wait or are being written, without the text. */
  #waiting = 0;
  #dropped = 0;
  #writing: Promise<void> | null = null;
  #failing = false;
  #closed = false;

  constructor(target: Target, options: LineWriterOptions) {
    this.#target = target;
    this.#options = options;
    this.#limit = options.limit ?? 8 * 1024 * 1024;
  }

  /**
   * Takes a line with its end.
   * @param minor lines are dropped at half the limit, so that a flood of them leaves room for the others.
   */
  write(line: string, minor = false): void {
    if (this.#closed) {
      return;
    }
    if (this.#waiting + this.#text.length + line.length > (minor ? this.#limit / 2 : this.#limit)) {
      this.#dropped += 1;
      return;
    }
    this.#text += line;
    if (this.#text.length >= TEXT) {
      this.#encode();
    }
    if (this.#waiting >= CHUNK) {
      this.#start();
    } else {
      this.#startLater();
    }
  }

  /** The text becomes bytes of the piece, or of another where it has no room for it. */
  #encode(): void {
    const most = this.#text.length * WIDEST;
    if (this.#filled + most > this.#piece.length) {
      if (this.#filled > 0) {
        this.#pieces.push(this.#cut());
      }
      this.#piece = this.#spare.length >= most ? this.#spare : Buffer.allocUnsafeSlow(Math.max(CHUNK, most));
      this.#spare = NONE;
    }
    const bytes = this.#piece.write(this.#text, this.#filled);
    this.#text = '';
    this.#filled += bytes;
    this.#waiting += bytes;
  }

  #startLater(): void {
    if (this.#writing === null) {
      this.#options.round.join(this.#start);
    }
  }

  readonly #start = (): void => {
    this.#options.round.leave(this.#start);
    this.#writing ??= this.#drain().finally(() => {
      this.#writing = null;
      if (this.#holdsSome()) {
        this.#startLater();
      }
    });
  };

  #holdsSome(): boolean {
    return this.#pieces.length > 0 || this.#filled > 0 || this.#text !== '' || this.#dropped > 0;
  }

  /** Writes all there is, and then what has come meanwhile only where it fills a piece: the rest waits for company again. */
  async #drain(): Promise<void> {
    do {
      this.#tellOfDropped();
      const piece = this.#pieces.shift() ?? this.#newest();
      try {
        await this.#target.write(piece);
        this.#failing = false;
      } catch (error) {
        if (!this.#failing) {
          this.#failing = true;
          this.#options.failed(error as Error);
        }
      }
      this.#waiting -= piece.length;
      if (piece.buffer.byteLength === CHUNK) {
        this.#spare = Buffer.from(piece.buffer);
      }
    } while (this.#waiting >= CHUNK);
  }

  /** The notice stands behind the lines that came before the loss. */
  #tellOfDropped(): void {
    if (this.#dropped > 0 && this.#waiting < this.#limit / 2) {
      const line = this.#options.notice(this.#dropped);
      this.#dropped = 0;
      this.#text += line;
    }
  }

  /** The newest lines, as bytes. */
  #newest(): Buffer<ArrayBuffer> {
    if (this.#text !== '') {
      this.#encode();
    }
    return this.#pieces.shift() ?? this.#cut();
  }

  /** What was added to the piece; the next line begins another. */
  #cut(): Buffer<ArrayBuffer> {
    const piece = this.#piece.subarray(0, this.#filled);
    this.#piece = NONE;
    this.#filled = 0;
    return piece;
  }

  /** Resolves once all that was written before is out. */
  async flush(): Promise<void> {
    while (this.#writing !== null || this.#holdsSome()) {
      this.#start();
      await this.#writing;
    }
  }

  /** Writes what waits, now: for the moment in which the process ends without having closed. */
  flushSync(): void {
    if (this.#text !== '') {
      this.#encode();
    }
    const rest = Buffer.concat([...this.#pieces, this.#cut()]);
    this.#pieces = [];
    if (!this.#closed && rest.length > 0) {
      try {
        this.#target.writeSync(rest);
      } catch {
        // Nobody is left to tell.
      }
    }
  }

  /** Writes what is left and lets go of the target. Safe twice. */
  async close(): Promise<void> {
    if (!this.#closed) {
      await this.flush();
      this.#closed = true;
      await this.#target.close();
    }
  }
}
