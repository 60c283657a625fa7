import type { Writable } from 'node:stream';
import type { Answer } from '../../batching/inference.js';
import { ServingError } from '../../errors/serving-error.js';
import { drained } from '../drain.js';

/** A call that messages are written to. */
export type MessageSink<Message> = Pick<Writable, 'destroyed' | 'on' | 'off'> & {
  cancelled: boolean;
  write(message: Message): boolean;
};

const drainEvents = ['drain', 'cancelled', 'close'];

/**
 * Writes an answer, a message for each of its pieces, no faster than the client reads.
 * @param stallMs How long the client may read nothing, in ms; 0: for ever.
 * @returns false where the caller has gone before the end.
 * @throws what broke the stream of pieces; ServingError timedOut where the client reads nothing any more.
 */
export async function writeAll<Message>(
  call: MessageSink<Message>,
  { body, rest }: Pick<Answer, 'body' | 'rest'>,
  messageOf: (piece: Uint8Array) => Message,
  stallMs: number,
): Promise<boolean> {
  if (!(await write(call, messageOf(body), stallMs))) return false;
  if (rest === undefined) return true;
  for await (const piece of rest) {
    if (!(await write(call, messageOf(piece), stallMs))) return false;
  }
  return true;
}

/** @returns false where nobody reads any more. */
async function write<Message>(call: MessageSink<Message>, message: Message, stallMs: number): Promise<boolean> {
  if (call.cancelled || call.destroyed) return false;
  if (!call.write(message) && !(await drained(call, drainEvents, stallMs)))
    throw new ServingError('timedOut', `The stream was not read for ${stallMs / 1000} s (stream_stall_timeout).`);
  return !call.cancelled;
}
