import type { ServerResponse } from 'node:http';

/** So many bytes are gathered at most before they are written. */
const gatheredBytes = 1 << 14;
/** A piece from here on is written as it is: to copy it would cost more than a write of its own. */
const largeBytes = 1 << 14;

/**
 * Writes the body of a streamed response, each piece a chunk of its own, or as it is where there are no chunks. What is
 * written in one turn of the event loop leaves in one write: a chunk of Node's is four writes, which cost several times
 * what all others do to a short piece.
 */
export class PieceWriter {
  readonly #response: ServerResponse;
  readonly #chunked: boolean;
  #gathered: Uint8Array[] = [];
  #bytes = 0;

  /** @param response whose head is written, and says how the body travels. */
  constructor(response: ServerResponse) {
    this.#response = response;
    this.#chunked = response.chunkedEncoding;
    // From here on Node passes the bytes on as they are.
    response.chunkedEncoding = false;
  }

  /** @returns false where the reader should be waited for before more is written. An empty piece is none. */
  write(piece: Uint8Array | string): boolean {
    if (piece.length === 0) return true;
    const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
    this.#gathered.push(bytes);
    this.#bytes += bytes.length;
    if (this.#bytes >= gatheredBytes) return this.#flush();
    if (this.#gathered.length === 1) process.nextTick(() => this.#flush());
    return !this.#response.writableNeedDrain;
  }

  /** Writes the last piece, and the mark of a whole answer. */
  end(piece: Uint8Array | string): void {
    this.write(piece);
    this.#flush();
    this.#response.end(this.#chunked ? '0\r\n\r\n' : undefined);
  }

  #flush(): boolean {
    const pieces = this.#gathered;
    if (pieces.length === 0 || this.#response.destroyed) return true;
    this.#gathered = [];
    this.#bytes = 0;
    const last = pieces.at(-1) as Uint8Array;
    if (last.length < largeBytes) return this.#response.write(this.#framed(pieces));
    pieces.pop();
    if (pieces.length > 0) this.#response.write(this.#framed(pieces));
    if (this.#chunked) this.#response.write(sizeLine(last));
    const goesOn = this.#response.write(last);
    return this.#chunked ? this.#response.write('\r\n') : goesOn;
  }

  #framed(pieces: readonly Uint8Array[]): Buffer {
    if (!this.#chunked) return Buffer.concat(pieces);
    const lines = pieces.map(sizeLine);
    const bytes = pieces.reduce((sum, piece, index) => sum + (lines[index] as string).length + piece.length + 2, 0);
    const frames = Buffer.allocUnsafe(bytes);
    let at = 0;
    for (const [index, piece] of pieces.entries()) {
      at += frames.write(lines[index] as string, at, 'latin1');
      frames.set(piece, at);
      at += piece.length;
      frames[at++] = 13;
      frames[at++] = 10;
    }
    return frames;
  }
}

/** What stands before a chunk. */
function sizeLine(piece: Uint8Array): string {
  return `${piece.length.toString(16)}\r\n`;
}
