import { Metadata } from '@grpc/grpc-js';
import type { Answer } from '../../batching/inference.js';
import { fittingText } from './fitting-text.js';

/** Bytes of a handler's headers that are passed on: clients refuse calls whose trailers are longer than 8 KiB. */
const room = 4096;

/** The same of the phrase beside its status. */
const phraseRoom = 1024;

/** Names that belong to the transport, or to the server's own bookkeeping. */
const owned = new Set([
  'connection',
  'content-length',
  'content-encoding',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'ts_stream_next',
  'upgrade',
  'x-request-id',
]);

const legalName = /^[0-9a-z_.-]+$/;

/**
 * What goes to the client behind an answer: the request's id, the status that the handler set (`ts-status`, where it is
 * not 200, and `ts-status-phrase`), and the handler's headers under their own names in lower case, its content type as
 * `ts-content-type`.
 */
export function trailersOf(
  requestId: string,
  { status, phrase, headers }: Pick<Answer, 'status' | 'phrase' | 'headers'>,
): Metadata {
  const trailers = new Metadata();
  trailers.set('x-request-id', requestId);
  if (status !== 200) trailers.set('ts-status', String(status));
  if (phrase !== '') trailers.set('ts-status-phrase', printable(fittingText(phrase, phraseRoom)));
  let left = room;
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = trailerName(headers[index] as string);
    if (name === null) continue;
    const value = printable(headers[index + 1] as string);
    left -= name.length + value.length;
    if (left < 0) break;
    trailers.set(name, value);
  }
  return trailers;
}

/** null where gRPC cannot carry a header of that name, or has its own. */
function trailerName(header: string): string | null {
  const name = header.toLowerCase();
  if (name === 'content-type') return 'ts-content-type';
  const mayPass = legalName.test(name) && !owned.has(name) && !name.startsWith('grpc-') && !name.endsWith('-bin');
  return mayPass ? name : null;
}

/** Metadata is printable ASCII; anything else is percent-encoded. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]+/g, (other) => encodeURIComponent(Buffer.from(other).toString())).trim();
}
