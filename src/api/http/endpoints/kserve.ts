import { z } from 'zod';
import { openAiErrors } from '../../openai/errors.js';
import { openAiModelDocument } from '../../openai/model-list.js';
import type { DoorContext } from '../door-context.js';
import type { Endpoint, Role } from '../endpoint.js';
import type { Exchange, PathNames } from '../exchange.js';
import type { Operation } from '../openapi/operation.js';
import { common, handlerBody, inferenceResponses, refusal } from '../openapi/responses.js';
import { methodNotAllowed, resourceNotFound } from '../refusals.js';
import { text } from '../request-parameters.js';
import { inferenceHandler } from './inference-call.js';
import { modelOperation, showOpenAiModel } from './openai.js';

const names = z.object({ model_name: text('Name of the model.') });

/**
 * `/v1/models/{name}`: with `:predict` or `:explain` an inference, else whether the model is ready, and what OpenAI's
 * clients are told of it. The first belongs to the inference API and the second to the management API, which may meet on
 * one listener; the third is told wherever there is inference.
 */
export function kserveV1(context: DoorContext, roles: ReadonlySet<Role>): Endpoint {
  const infer = inferenceHandler(context, {
    target: (exchange) => ({ model: modelOf(exchange.names), version: null }),
    injected: ({ names }) => ['explain', targetOf(names).includes(':explain') ? 'True' : 'False'],
  });
  const both = (['inference', 'management'] as const).filter((role) => roles.has(role));
  const infers = (asked: PathNames) => roles.has('inference') && isInference(asked);
  return {
    path: '/v1/models/:target',
    role: (asked) => (infers(asked) ? 'inference' : both),
    errors: (asked) => (infers(asked) || roles.has('management') ? undefined : openAiErrors),
    handle: (exchange) => {
      if (infers(exchange.names)) return infer(exchange);
      if (exchange.method !== 'GET') throw roles.has('management') ? methodNotAllowed() : resourceNotFound();
      if (!roles.has('management')) return showOpenAiModel(context, exchange, targetOf(exchange.names));
      return readiness(context, exchange, roles.has('inference'));
    },
    operations: [
      ...(roles.has('inference') ? [operation('/v1/models/{model_name}:predict', 'v1_predictions')] : []),
      roles.has('management') ? readinessOperation : modelOperation,
    ],
  };
}

/** `/v2/models/{name}/infer` and `/explain`, which are always served. */
export function kserveV2(context: DoorContext): Endpoint[] {
  const handler = (explain: 'True' | 'False') =>
    inferenceHandler(context, {
      target: (exchange) => ({ model: exchange.name('model_name'), version: null }),
      injected: () => ['explain', explain],
    });
  return [
    {
      path: '/v2/models/:model_name/infer',
      role: 'inference',
      handle: handler('False'),
      operations: [operation('/v2/models/{model_name}/infer', 'v2_predictions')],
    },
    { path: '/v2/models/:model_name/explain', role: 'inference', handle: handler('True') },
  ];
}

/** What the Open Inference Protocol asks of a server, where it is switched on. */
export function openInferenceProtocol({ version }: DoorContext): Endpoint[] {
  const role = 'inference';
  const json = (status: number, document: unknown) => (exchange: Exchange) => exchange.sendJson(status, document);
  return [
    {
      path: '/v2',
      role,
      // The misspelling is what clients of TorchServe read.
      handle: json(200, { name: 'Torchserve', version, extenstion: ['kserve', 'kubeflow'] }),
    },
    { path: '/v2/health/live', role, handle: json(200, { live: true }) },
    { path: '/v2/health/ready', role, handle: json(200, { ready: true }) },
    {
      path: '/v2/*',
      role,
      handle: (exchange) => {
        const rest = exchange.name('*');
        if (rest.split('/').length < 4 || !`/${rest}`.includes('/versions')) {
          throw resourceNotFound();
        }
        exchange.sendJson(501, { error: 'Model versioning is not yet supported.' });
      },
    },
  ];
}

function readiness({ serving }: DoorContext, exchange: Exchange, isOpenAi: boolean): void {
  const name = modelOf(exchange.names);
  const shown = isOpenAi ? serving.openaiModels().find(({ id }) => id === name) : undefined;
  const [version] = serving.describe({ model: shown?.target.model ?? name, version: null });
  const ready = (version?.workers.length ?? 0) > 0;
  exchange.sendJson(200, { name, ready, ...(shown && openAiModelDocument(shown)) });
}

function targetOf(asked: PathNames): string {
  return asked['target'] ?? '';
}

/** The name stands before the first colon. */
function modelOf(asked: PathNames): string {
  return targetOf(asked).split(':', 1)[0] ?? '';
}

function isInference(asked: PathNames): boolean {
  return /:(?:predict|explain)/.test(targetOf(asked));
}

function operation(path: string, operationId: string): Operation {
  return {
    path,
    method: 'post',
    operationId,
    description: 'Predicts with the default version of a model, in the envelope of KServe.',
    names,
    body: handlerBody,
    responses: inferenceResponses,
  };
}

const readinessOperation: Operation = {
  path: '/v1/models/{model_name}',
  method: 'get',
  operationId: 'modelReady',
  description: 'Tells whether the default version of a model has workers.',
  names,
  responses: {
    200: {
      description: 'OK',
      schema: z.object({ name: z.string(), ready: z.boolean() }),
    },
    ...common,
    404: refusal('Model not found'),
  },
};
