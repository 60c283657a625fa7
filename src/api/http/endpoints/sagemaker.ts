import { z } from 'zod';
import { bytesOf, type Parameter } from '../../../batching/inference.js';
import { ServingError } from '../../../errors/serving-error.js';
import type { DoorContext } from '../door-context.js';
import type { Endpoint } from '../endpoint.js';
import type { Exchange } from '../exchange.js';
import { handlerBody, inferenceResponses } from '../openapi/responses.js';
import { text } from '../request-parameters.js';
import { inferenceHandler } from './inference-call.js';

const name = text('Name of the model.');

/** The routes of Amazon SageMaker, and the oldest ones of TorchServe: values of the query are data for the handler. */
export function sagemaker(context: DoorContext): Endpoint[] {
  const role = 'inference';
  const injected = () => [];
  const named = inferenceHandler(context, {
    target: ({ names }) => ({ model: names['model_name'] ?? '', version: names['model_version'] ?? null }),
    injected,
    queryIsData: true,
  });
  const chosen = inferenceHandler(context, {
    target: (exchange, parameters) => ({ model: chosenModel(context, exchange, parameters), version: null }),
    injected,
    queryIsData: true,
  });
  return [
    {
      path: '/invocations',
      role,
      handle: chosen,
      operations: [
        {
          path: '/invocations',
          method: 'post',
          operationId: 'invocations',
          description: 'Predicts with the model that the query names, else with the one that was loaded at start.',
          query: z.object({ model_name: name.optional() }),
          body: handlerBody,
          responses: inferenceResponses,
        },
      ],
    },
    {
      path: '/models/:model_name/invoke',
      role,
      handle: named,
      operations: [
        {
          path: '/models/{model_name}/invoke',
          method: 'post',
          operationId: 'invoke',
          description: 'Predicts with the default version of a model.',
          names: z.object({ model_name: name }),
          body: handlerBody,
          responses: inferenceResponses,
        },
      ],
    },
    { path: '/:model_name/predict', role, handle: named },
    { path: '/:model_name/:model_version/predict', role, handle: named },
  ];
}

/** Which model `/invocations` means: the query's, the only one that was loaded at start, or the body's. */
function chosenModel({ serving }: DoorContext, exchange: Exchange, parameters: readonly Parameter[]): string {
  const asked = exchange.query.get('model_name');
  const model =
    asked === undefined || asked === ''
      ? (serving.soleStartupModel() ?? textOf(parameters.findLast((parameter) => parameter.name === 'model_name')))
      : asked;
  if (model === null || model === '') {
    throw new ServingError('badRequest', 'Parameter model_name is required.');
  }
  return model;
}

function textOf(parameter: Parameter | undefined): string | null {
  return parameter === undefined ? null : Buffer.from(bytesOf(parameter.value)).toString('utf8');
}
