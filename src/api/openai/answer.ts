import type { Answer } from '../../batching/inference.js';
import { type eventStreamType, isEventStream } from '../codec/event-stream.js';
import type { PieceFormat } from '../http/result-stream.js';
import { openAiError } from './errors.js';

/** Longer answers are not looked into for an error. */
const longestError = 64 << 10;
/** What follows the last event of a stream. */
const done = 'data: [DONE]\n\n';
/** Enough of the end of a stream to see whether its handler has said so. */
const tailBytes = 32;

/** Whether an answer is server-sent events: by its headers, by its beginning, or since it was asked for and comes in pieces. */
export function isEvents({ headers, body, rest }: Answer, asked: boolean): boolean {
  return isEventStream(headers) || (asked && rest !== undefined) || /^(data|event|id)?:/.test(textOf(body, 8));
}

/** The same answer with the content type that it should have; a handler's own stays. */
export function withType(answer: Answer, type: 'application/json' | typeof eventStreamType): Answer {
  const { headers } = answer;
  const isSet = headers.some((name, index) => index % 2 === 0 && name.toLowerCase() === 'content-type');
  return isSet ? answer : { ...answer, headers: ['content-type', type, ...headers] };
}

/** The events that a handler writes, as they are, and what it leaves out: the mark of the end, or the error that ends them. */
export function openAiEvents(): PieceFormat {
  let tail = '\n\n';
  const apart = () => (tail.endsWith('\n\n') ? '' : '\n\n');
  return {
    piece: (piece) => {
      tail = (tail + textOf(piece.subarray(-tailBytes), tailBytes)).slice(-tailBytes);
      return piece;
    },
    get end() {
      return tail.trimEnd().endsWith('[DONE]') ? '' : apart() + done;
    },
    error: (document) => `${apart()}data: ${JSON.stringify(document)}\n\n`,
  };
}

/**
 * A whole answer, as OpenAI's clients want it where it is an error: vLLM's services write one with status 200, others have
 * the status and say what they like.
 */
export function asOpenAiAnswer(answer: Answer): Answer {
  const { status, body } = answer;
  const failed = status >= 400;
  if (body.length > longestError || !(failed || textOf(body, 300).includes('"error"'))) return answer;
  const document = objectIn(body);
  const error = document?.['object'] === 'error' ? document : document?.['error'];
  if (!isRecord(error)) return failed ? whole(answer, status, openAiError(status, textOf(body, longestError))) : answer;
  const named = Number(error['code']);
  const { message = '', type = null, param = null, code = null } = error;
  return whole(answer, failed || !(named >= 400 && named < 600) ? Math.max(status, 400) : named, {
    error: { ...(error === document ? {} : error), message, type, param, code },
  });
}

function whole(answer: Answer, status: number, document: object): Answer {
  const headers = answer.headers.filter((_, at) => answer.headers[at - (at % 2)]?.toLowerCase() !== 'content-type');
  return {
    ...answer,
    status,
    headers: ['content-type', 'application/json', ...headers],
    body: Buffer.from(JSON.stringify(document)),
  };
}

function objectIn(body: Uint8Array): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(textOf(body, body.length));
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(body: Uint8Array, most: number): string {
  return Buffer.from(body.buffer, body.byteOffset, Math.min(most, body.length)).toString('utf8');
}
