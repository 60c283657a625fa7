import { readJsonObject } from '../../codec/json-document.js';
import { mediaTypeOf } from '../../codec/parameters.js';
import type { Exchange } from '../exchange.js';

/** What a register call gives: its JSON body alone where there is one, else its query; a form is not looked at. */
export async function givenParameters(exchange: Exchange): Promise<Readonly<Record<string, unknown>>> {
  const mediaType = mediaTypeOf(exchange.request.headers['content-type'] ?? '');
  return mediaType.toLowerCase() === 'application/json'
    ? readJsonObject(await exchange.body())
    : exchange.query.toObject();
}
