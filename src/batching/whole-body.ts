import { ServingError } from '../errors/serving-error.js';
import type { Answer } from './inference.js';

/**
 * The whole of an answer; a streamed one is waited for.
 * @param most bytes that are collected
 * @throws what broke the stream; ServingError internal as soon as there is more than `most`.
 */
export function wholeBody(answer: Answer, most = Number.POSITIVE_INFINITY): Uint8Array | Promise<Uint8Array> {
  check(answer.body.length, most);
  return answer.rest === undefined ? answer.body : collected(answer.body, answer.rest, most);
}

async function collected(body: Uint8Array, rest: AsyncIterable<Uint8Array>, most: number): Promise<Uint8Array> {
  const pieces = [body];
  let length = body.length;
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
