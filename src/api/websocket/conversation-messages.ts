import { isUtf8 } from 'node:buffer';
import type { Answer } from '../../batching/inference.js';

/** A message to a client: a string is sent as text, bytes as binary. */
export type Outgoing = string | Uint8Array;

/** What is told of a request that failed: the error document of the REST API. */
export interface ErrorDocument {
  readonly code: number;
  readonly type: string;
  readonly message: string;
}

/** How results become messages. `request` counts the requests of a connection from 0. */
export interface ResultMessages {
  /** The first piece of a result, or the whole of it. @param asked whether the request was a text message */
  first(request: number, answer: Answer, asked: 'text' | 'binary'): Outgoing;
  /** A further piece of a streamed result. */
  piece(request: number, answer: Answer, asked: 'text' | 'binary', piece: Uint8Array): Outgoing;
  /** After the last piece of a streamed result. */
  end(request: number, answer: Answer, asked: 'text' | 'binary'): Outgoing;
  error(request: number, error: ErrorDocument): Outgoing;
}

/** Results as the handler made them. A streamed one ends with an empty message; an error is its document as text. */
const raw: ResultMessages = {
  first: (_request, answer, asked) => asItIs(answer, asked, answer.body),
  piece: (_request, answer, asked, piece) => asItIs(answer, asked, piece),
  end: (_request, answer, asked) => (isText(answer, asked) ? '' : new Uint8Array()),
  error: (_request, error) => JSON.stringify(error),
};

/** Each message is a JSON object that names its request and what it is. */
const events: ResultMessages = {
  first: (request, { status, headers, body, rest }) =>
    JSON.stringify({
      request,
      event: rest === undefined ? 'result' : 'piece',
      status,
      headers: named(headers),
      ...dataOf(body),
    }),
  piece: (request, _answer, _asked, piece) => JSON.stringify({ request, event: 'piece', ...dataOf(piece) }),
  end: (request) => JSON.stringify({ request, event: 'end' }),
  error: (request, error) => JSON.stringify({ request, event: 'error', ...error }),
};

/** How results are sent where the client names no subprotocol. */
export const defaultMessages = raw;

/** The subprotocols of WebSocket connections, and how each sends results. */
export const subprotocols: Readonly<Record<string, ResultMessages>> = {
  'torchbridge.raw': raw,
  'torchbridge.events': events,
};

function asItIs(answer: Answer, asked: 'text' | 'binary', piece: Uint8Array): Outgoing {
  return isText(answer, asked) && isUtf8(piece) ? bufferOf(piece).toString() : piece;
}

/** A result is text where the handler calls it so, or calls it nothing and was asked in text. */
function isText({ headers }: Answer, asked: 'text' | 'binary'): boolean {
  const at = headers.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === 'content-type');
  return at < 0 ? asked === 'text' : /^(text\/|application\/(\S+\+)?json)/i.test(headers[at + 1] ?? '');
}

function dataOf(piece: Uint8Array): { data: string } | { base64: string } {
  return isUtf8(piece) ? { data: bufferOf(piece).toString() } : { base64: bufferOf(piece).toString('base64') };
}

function named(headers: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (let index = 0; index + 1 < headers.length; index += 2)
    found[headers[index] as string] = headers[index + 1] as string;
  return found;
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
