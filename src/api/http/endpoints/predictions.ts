import { z } from 'zod';
import type { DoorContext } from '../door-context.js';
import type { Endpoint } from '../endpoint.js';
import type { Exchange } from '../exchange.js';
import type { Operation } from '../openapi/operation.js';
import { handlerBody, inferenceResponses } from '../openapi/responses.js';
import { resourceNotFound } from '../refusals.js';
import { text } from '../request-parameters.js';
import { inferenceHandler } from './inference-call.js';

const modelName = text('Name of the model.');

/** `/predictions` and `/explanations`: the model, its version and what else the handler wants to know stand in the path. */
export function predictions(context: DoorContext): Endpoint[] {
  return [...family(context, 'predictions', 'False'), ...family(context, 'explanations', 'True')];
}

function family(context: DoorContext, root: string, explain: 'True' | 'False'): Endpoint[] {
  const targetOf = ({ names }: Exchange) => ({
    model: names['model_name'] ?? '',
    version: names['model_version'] ?? null,
  });
  const injected = ({ names }: Exchange) => ['url_path', names['*'] ?? '', 'explain', explain];
  const handle = inferenceHandler(context, { target: targetOf, injected });
  const converse: Endpoint['converse'] = (exchange, upgrade, beginTrace) =>
    context.sockets.open(exchange, upgrade, {
      target: targetOf(exchange),
      stripAuthorization: context.tokens !== null,
      injected: injected(exchange),
      beginTrace,
    });
  const role = 'inference';
  return [
    {
      path: `/${root}`,
      role,
      handle: () => {
        throw resourceNotFound();
      },
    },
    { path: `/${root}/:model_name`, role, handle, converse, operations: [operation(root, false)] },
    { path: `/${root}/:model_name/:model_version`, role, handle, converse, operations: [operation(root, true)] },
    { path: `/${root}/:model_name/:model_version/*`, role, handle, converse },
  ];
}

function operation(root: string, versioned: boolean): Operation {
  return {
    path: `/${root}/{model_name}${versioned ? '/{model_version}' : ''}`,
    method: 'post',
    operationId: `${versioned ? 'version_' : ''}${root}`,
    description: `${root === 'predictions' ? 'Predicts' : 'Explains'} with ${versioned ? 'a version of a model' : 'the default version of a model'}.`,
    names: versioned
      ? z.object({ model_name: modelName, model_version: text('Version of the model.') })
      : z.object({ model_name: modelName }),
    body: handlerBody,
    responses: inferenceResponses,
  };
}
