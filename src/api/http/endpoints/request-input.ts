import type { InferenceInput, Parameter } from '../../../batching/inference.js';
import { StoredBody } from '../../../workers/shared-memory/body-store.js';
import { handlerHeaders } from '../../codec/handler-headers.js';
import { isOneValue, readParameters } from '../../codec/parameters.js';
import type { DoorContext } from '../door-context.js';
import type { Exchange } from '../exchange.js';

/**
 * Reads a request and gives it, as handlers know it, to whoever answers it; a large body is held until that is done.
 * @param contentType what its body is taken for
 */
export async function withInput(
  { store, tokens }: DoorContext,
  exchange: Exchange,
  injected: readonly string[],
  answer: (input: InferenceInput) => Promise<void>,
  contentType = exchange.request.headers['content-type'],
): Promise<void> {
  const body =
    store === undefined || !isOneValue(contentType) ? await exchange.body() : await exchange.storedBody(store);
  try {
    const read = readParameters(contentType, body);
    await answer({
      requestId: exchange.id,
      parameters: Array.isArray(read) ? (read as readonly Parameter[]) : await read,
      headers: handlerHeaders(exchange.request, body.length, tokens !== null, injected),
      trace: exchange.trace,
    });
  } finally {
    if (body instanceof StoredBody) body.release();
  }
}
