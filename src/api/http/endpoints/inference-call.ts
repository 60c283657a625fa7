import type { InferenceInput, Parameter } from '../../../batching/inference.js';
import type { Target } from '../../../serving/serving.js';
import { StoredBody } from '../../../workers/shared-memory/body-store.js';
import { handlerHeaders } from '../../codec/handler-headers.js';
import { isOneValue, readParameters } from '../../codec/parameters.js';
import type { DoorContext } from '../door-context.js';
import type { Exchange } from '../exchange.js';
import { inferenceDocument } from '../openapi/model-document.js';

/** How a route asks for an inference. */
export interface InferenceRoute {
  /** Which model version, given the request and the parameters of its body. */
  readonly target: (exchange: Exchange, parameters: readonly Parameter[]) => Target;
  /** Headers that the route adds, as name, value, .... */
  readonly injected: (exchange: Exchange) => readonly string[];
  /** Whether the values of the query stand before those of the body. */
  readonly queryIsData?: true;
}

/** The handler of a route: reads the request, asks the model, answers what it gave. `OPTIONS` describes the model. */
export function inferenceHandler(context: DoorContext, route: InferenceRoute) {
  return async (exchange: Exchange): Promise<void> => {
    const { store } = context;
    const contentType = exchange.request.headers['content-type'];
    if (store === undefined || !isOneValue(contentType)) {
      await infer(exchange, await exchange.body());
      return;
    }
    const body = await exchange.storedBody(store);
    try {
      await infer(exchange, body);
    } finally {
      if (body instanceof StoredBody) body.release();
    }
  };

  async function infer(exchange: Exchange, body: Buffer | StoredBody): Promise<void> {
    const read = readParameters(exchange.request.headers['content-type'], body);
    const fromBody = Array.isArray(read) ? (read as readonly Parameter[]) : await read;
    const parameters = route.queryIsData ? [...queryParameters(exchange), ...fromBody] : fromBody;
    const target = route.target(exchange, parameters);
    if (exchange.method === 'OPTIONS') {
      context.serving.mustExist(target);
      exchange.sendJson(200, inferenceDocument(target.model));
      return;
    }
    const input: InferenceInput = {
      requestId: exchange.id,
      parameters,
      headers: handlerHeaders(exchange.request, body.length, context.tokens !== null, route.injected(exchange)),
    };
    await exchange.sendInference(context.serving.infer(target, input));
  }
}

function queryParameters(exchange: Exchange): Parameter[] {
  return exchange.query.pairs.map(([name, value]) => ({ name, contentType: '', value: Buffer.from(value) }));
}
