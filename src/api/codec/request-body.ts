import type { IncomingMessage } from 'node:http';
import { ServingError } from '../../errors/serving-error.js';

const EMPTY = Buffer.alloc(0);

/** The client went away before its request was complete: there is nobody to answer. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone';
}

/**
 * Collects a request body.
 * @param limit the most bytes that are taken
 * @throws ServingError tooLarge as soon as that is known (what still comes is left to be discarded); ClientGone.
 */
export function readBody(request: IncomingMessage, limit: number): Promise<Buffer> | Buffer {
  const declared = request.headers['content-length'];
  if (declared === undefined ? request.headers['transfer-encoding'] === undefined : declared === '0') {
    return EMPTY;
  }
  if (declared !== undefined && Number(declared) > limit) {
    throw tooLarge(limit);
  }
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let length = 0;
    const stop = () => {
      request.off('data', onData);
      request.off('end', onEnd);
      request.off('close', onClose);
      request.off('error', onClose);
    };
    const onData = (piece: Buffer) => {
      length += piece.length;
      if (length > limit) {
        stop();
        // Without a reader the stream would stand still, and its connection with it.
        request.on('error', () => {});
        request.resume();
        reject(tooLarge(limit));
        return;
      }
      pieces.push(piece);
    };
    const onEnd = () => {
      stop();
      resolve(pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces, length));
    };
    const onClose = () => {
      stop();
      request.on('error', () => {});
      reject(new ClientGone());
    };
    request.on('data', onData);
    request.on('end', onEnd);
    request.on('close', onClose);
    request.on('error', onClose);
  });
}

function tooLarge(limit: number): ServingError {
  return new ServingError(
    'tooLarge',
    `The request body is larger than ${limit} bytes, the max_request_size of this server.`,
  );
}
