import { z } from 'zod';
import type { RegisterOptions } from '../../../lifecycle/lifecycle.js';
import type { DoorContext } from '../door-context.js';
import type { Endpoint } from '../endpoint.js';
import type { Exchange } from '../exchange.js';
import { common, notice, refusal } from '../openapi/responses.js';
import { methodNotAllowed } from '../refusals.js';
import { checkParameters } from '../request-parameters.js';
import { givenParameters } from './given-parameters.js';
import { listParameters, registerParameters } from './model-parameters.js';
import { nextPageToken, pageOf } from './page.js';

/** `/models`: lists the models, registers one. */
export function models(context: DoorContext): Endpoint {
  return {
    path: '/models',
    role: 'management',
    handle: {
      GET: (exchange) => list(context, exchange),
      POST: (exchange) => register(context, exchange),
    },
    operations: [
      {
        path: '/models',
        method: 'get',
        operationId: 'listModels',
        description: 'Lists the models, each by its default version.',
        query: listParameters,
        responses: { 200: { description: 'OK', schema: listSchema }, ...common },
      },
      {
        path: '/models',
        method: 'post',
        operationId: 'registerModel',
        description: 'Registers a model version.',
        query: registerParameters,
        body: { json: registerParameters },
        responses: {
          200: notice('Model registered'),
          202: notice('Model registered; its workers are starting'),
          ...common,
          404: refusal('Model not found'),
          405: refusal('The model API is switched off'),
          409: refusal('Model version already registered'),
          413: refusal('The request body is larger than max_request_size'),
          507: refusal('Out of memory'),
        },
      },
    ],
  };
}

const listSchema = z.object({
  nextPageToken,
  models: z.array(
    z.object({
      modelName: z.string().meta({ description: 'Name of the model.' }),
      modelUrl: z.string().meta({ description: 'Where its archive came from, as it was registered.' }),
    }),
  ),
});

function list({ serving }: DoorContext, exchange: Exchange): void {
  const parameters = checkParameters(listParameters, exchange.query.toObject());
  const all = serving.list().flatMap(({ modelName, url }) => (url === null ? [] : [{ modelName, modelUrl: url }]));
  const { items, next } = pageOf(all, parameters);
  exchange.sendJson(200, { nextPageToken: next, models: items });
}

async function register({ lifecycle, modelApi }: DoorContext, exchange: Exchange): Promise<void> {
  if (!modelApi) {
    throw methodNotAllowed();
  }
  const options = registerOptions(checkParameters(registerParameters, await givenParameters(exchange)));
  const { model, version, workers, done } = await lifecycle.register(options);
  if (!done) {
    exchange.sendJson(202, { status: 'Processing worker updates...' });
    return;
  }
  const hint = workers === 0 ? '. Use scale workers API to add workers for the model.' : '';
  exchange.sendJson(200, {
    status: `Model "${model}" Version: ${version} registered with ${workers} initial workers${hint}`,
  });
}

function registerOptions(parameters: z.output<typeof registerParameters>): RegisterOptions {
  const options: { -readonly [name in keyof RegisterOptions]: RegisterOptions[name] | undefined } = {
    url: parameters.url,
    modelName: parameters.model_name,
    handler: parameters.handler,
    runtime: parameters.runtime,
    batchSize: parameters.batch_size,
    maxBatchDelayMs: parameters.max_batch_delay,
    batchPolicy: parameters.batch_policy,
    initialWorkers: parameters.initial_workers,
    responseTimeoutSeconds: parameters.response_timeout,
    startupTimeoutSeconds: parameters.startup_timeout,
    synchronous: parameters.synchronous,
    s3SseKms: parameters.s3_sse_kms,
    autoscale: parameters.autoscale,
  };
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as unknown as RegisterOptions;
}
