import { isUtf8 } from 'node:buffer';

/** The media type of server-sent events, as the HTML standard defines them. */
export const eventStreamType = 'text/event-stream';

/** Whether an Accept header names server-sent events; one for anything does not. */
export function acceptsEvents(accept: string | undefined): boolean {
  return (accept ?? '').split(',').some((range) => {
    const [type, ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    return type === eventStreamType && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  });
}

/** Whether headers that a handler set say that it writes events itself. */
export function isEventStream(headers: readonly string[]): boolean {
  return headers.some(
    (name, index) =>
      index % 2 === 0 && name.toLowerCase() === 'content-type' && headers[index + 1]?.startsWith(eventStreamType),
  );
}

/** A piece of a result as an event: its text as `data`, or what is no UTF-8 as an event `binary` in base64. */
export function pieceEvent(piece: Uint8Array): string {
  const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
  return isUtf8(bytes) ? event(null, bytes.toString()) : event('binary', bytes.toString('base64'));
}

/** What follows the last piece. */
export const endEvent = event('end', '');

/** What takes the place of the rest where a stream breaks: the usual error document in one line. */
export function errorEvent(document: unknown): string {
  return event('error', JSON.stringify(document));
}

function event(name: string | null, data: string): string {
  const lines = data.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`);
  return `${name === null ? '' : `event: ${name}\n`}${lines.join('')}\n`;
}
