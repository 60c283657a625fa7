import { ServingError } from '../errors/serving-error.js';
import type { Answer } from './inference.js';

/**
 * The whole of an answer; a streamed one is waited for.
 * @param most bytes that are collected
 * @throws what broke the stream; ServingError internal as soon as there is more than `most`.
 */
export async function wholeBody({ body, rest }: Answer, most = Number.POSITIVE_INFINITY): Promise<Uint8Array> {
  const pieces = [body];
  let length = body.length;
  check(length, most);
  if (rest === undefined) return body;
  for await (const piece of rest) {
    length += piece.length;
    check(length, most);
    pieces.push(piece);
  }
  return Buffer.concat(pieces, length);
}

function check(length: number, most: number): void {
  if (length > most) {
    throw new ServingError(
      'internal',
      `The answer of the model is larger than ${most} bytes, the max_response_size of this server.`,
    );
  }
}
