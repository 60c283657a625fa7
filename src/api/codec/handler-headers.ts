import type { IncomingMessage } from 'node:http';

/**
 * The headers that a handler sees: the client's, in its spelling and order, as if the body had come in one piece
 * (`content-length` in place of chunks), then the injected ones, which win over the client's of the same spelling.
 * @param stripAuthorization true where the header carries a token of this server, which models must not see
 */
export function handlerHeaders(
  request: IncomingMessage,
  bodyLength: number,
  stripAuthorization: boolean,
  injected: readonly string[],
): string[] {
  const raw = request.rawHeaders;
  const known = request.headers;
  const chunked = known['transfer-encoding'] !== undefined;
  const unchanged = !chunked && !(stripAuthorization && known.authorization !== undefined);
  const headers = unchanged ? raw.slice() : without(raw, chunked, stripAuthorization);
  if (known['content-length'] === undefined) {
    headers.push('content-length', String(bodyLength));
  }
  headers.push(...injected);
  return headers;
}

function without(raw: readonly string[], transferEncoding: boolean, authorization: boolean): string[] {
  const kept: string[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] as string;
    const lower = name.toLowerCase();
    const dropped = (transferEncoding && lower === 'transfer-encoding') || (authorization && lower === 'authorization');
    if (!dropped) {
      kept.push(name, raw[index + 1] as string);
    }
  }
  return kept;
}
