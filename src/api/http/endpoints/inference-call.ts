import type { Parameter } from '../../../batching/inference.js';
import type { Target } from '../../../serving/serving.js';
import type { DoorContext } from '../door-context.js';
import type { Exchange } from '../exchange.js';
import { inferenceDocument } from '../openapi/model-document.js';
import { withInput } from './request-input.js';

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
  return (exchange: Exchange): Promise<void> =>
    withInput(context, exchange, route.injected(exchange), async (input) => {
      const parameters = route.queryIsData ? [...queryParameters(exchange), ...input.parameters] : input.parameters;
      const target = route.target(exchange, parameters);
      if (exchange.method === 'OPTIONS') {
        context.serving.mustExist(target);
        exchange.sendJson(200, inferenceDocument(target.model));
        return;
      }
      await exchange.sendInference(context.serving.infer(target, { ...input, parameters }));
    });
}

function queryParameters(exchange: Exchange): Parameter[] {
  return exchange.query.pairs.map(([name, value]) => ({ name, contentType: '', value: Buffer.from(value) }));
}
