import type { Writable } from 'node:stream';
import type { Answer } from '../../batching/inference.js';

/** A call that messages are written to. */
export type MessageSink<Message> = Pick<Writable, 'destroyed' | 'on' | 'off'> & {
  cancelled: boolean;
  write(message: Message): boolean;
};

/**
 * Writes an answer, a message for each of its pieces, no faster than the client reads.
 * @returns false where the caller has gone before the end.
 * @throws what broke the stream of pieces.
 */
export async function writeAll<Message>(
  call: MessageSink<Message>,
  { body, rest }: Pick<Answer, 'body' | 'rest'>,
  messageOf: (piece: Uint8Array) => Message,
): Promise<boolean> {
  if (!(await write(call, messageOf(body)))) return false;
  if (rest === undefined) return true;
  for await (const piece of rest) {
    if (!(await write(call, messageOf(piece)))) return false;
  }
  return true;
}

/** @returns false where nobody reads any more. */
async function write<Message>(call: MessageSink<Message>, message: Message): Promise<boolean> {
  if (call.cancelled || call.destroyed) return false;
  if (!call.write(message)) await drained(call);
  return !call.cancelled;
}

function drained(call: Pick<Writable, 'on' | 'off'>): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of ['drain', 'cancelled', 'close']) call.off(event, done);
      resolve();
    };
    for (const event of ['drain', 'cancelled', 'close']) call.on(event, done);
  });
}
