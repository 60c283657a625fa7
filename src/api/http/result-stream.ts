import type { ServerResponse } from 'node:http';
import { endEvent, errorEvent, pieceEvent } from '../codec/event-stream.js';
import { ClientGone } from '../codec/request-body.js';
import { drained } from '../drain.js';
import { PieceWriter } from './piece-writer.js';

/** How the pieces of a result are put on the wire. */
export interface PieceFormat {
  readonly piece: (piece: Uint8Array) => Uint8Array | string;
  /** What follows the last piece. */
  readonly end: string;
  /** What tells the reader that the result breaks off; null: only the end of the connection can. */
  readonly error: ((document: unknown) => string) | null;
}

/** The handler's bytes, as they are. */
export const plainPieces: PieceFormat = { piece: (piece) => piece, end: '', error: null };

/** Server-sent events. */
export const pieceEvents: PieceFormat = { piece: pieceEvent, end: endEvent, error: errorEvent };

/** A result on its way to its reader, and how it is written. */
export interface ResultStream {
  readonly pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  readonly format: PieceFormat;
  /** How long the reader may take nothing, in ms; 0: for ever. */
  readonly stallMs: number;
  /** What is said of an error that breaks the stream. */
  readonly shown: (error: unknown) => unknown;
}

/**
 * Writes a result after the head of its response, no faster than it is read, and ends the response. Where the result
 * breaks off and the format cannot say so, the connection ends without the mark of a whole answer. Never rejects.
 */
export async function writeResult(response: ServerResponse, stream: ResultStream): Promise<void> {
  const { format, stallMs } = stream;
  const writer = new PieceWriter(response);
  try {
    for await (const piece of stream.pieces) {
      if (response.destroyed) return;
      if (piece.length === 0 || writer.write(format.piece(piece))) continue;
      if (!(await drained(response, ['drain', 'close'], stallMs))) throw new ClientGone();
    }
    writer.end(format.end);
  } catch (error) {
    if (format.error && !(error instanceof ClientGone)) writer.end(format.error(stream.shown(error)));
    else response.destroy();
  }
}
