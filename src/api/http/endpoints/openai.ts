import { z } from 'zod';
import { bytesOf } from '../../../batching/inference.js';
import { ServingError } from '../../../errors/serving-error.js';
import type { OpenAiModel } from '../../../serving/serving.js';
import { eventStreamType } from '../../codec/event-stream.js';
import { asOpenAiAnswer, isEvents, openAiEvents, withType } from '../../openai/answer.js';
import { openAiErrorSchema, openAiErrors } from '../../openai/errors.js';
import { openAiListSchema, openAiModelDocument, openAiModelSchema } from '../../openai/model-list.js';
import { type OpenAiRoute, openAiRequests, readOpenAiRequest } from '../../openai/request.js';
import type { DoorContext } from '../door-context.js';
import type { Endpoint } from '../endpoint.js';
import type { Exchange } from '../exchange.js';
import type { Operation } from '../openapi/operation.js';
import { common } from '../openapi/responses.js';
import { text } from '../request-parameters.js';
import { plainPieces } from '../result-stream.js';
import { withInput } from './request-input.js';

const role = 'inference';
const errors = () => openAiErrors;

/** OpenAI's API, for the models whose handlers declare it: the `model` of a request says which one answers. */
export function openai(context: DoorContext): Endpoint[] {
  const list = (exchange: Exchange) =>
    exchange.sendJson(200, { object: 'list', data: context.serving.openaiModels().map(openAiModelDocument) });
  const show = (exchange: Exchange) =>
    showOpenAiModel(context, exchange, `${exchange.name('target')}/${exchange.name('model_version')}`);
  return [
    { path: '/v1/models', role, errors, handle: { GET: list }, operations: [listOperation] },
    { path: '/v1/models/:target/:model_version', role, errors, handle: { GET: show }, operations: [versionOperation] },
    answering(context, 'v1/chat/completions', 'openaiChat', 'Goes on with a conversation.'),
    answering(context, 'v1/completions', 'openaiCompletion', 'Goes on with a text.'),
    answering(context, 'v1/embeddings', 'openaiEmbedding', 'Embeds texts.'),
  ];
}

/** Tells of one model that answers OpenAI's API. @throws ServingError modelNotFound, versionNotFound. */
export function showOpenAiModel({ serving }: DoorContext, exchange: Exchange, id: string): void {
  const model = serving.openaiModel(id);
  if (!model.routes?.length) {
    throw new ServingError('modelNotFound', `The model ${id} is not known to answer OpenAI's API.`);
  }
  exchange.sendJson(200, openAiModelDocument(model));
}

function answering(context: DoorContext, route: OpenAiRoute, operationId: string, description: string): Endpoint {
  const body = { required: openAiRequests[route] };
  return {
    path: `/${route}`,
    role,
    errors,
    handle: { POST: (exchange) => answer(context, exchange, route) },
    operations: [{ path: `/${route}`, method: 'post', operationId, description, body, responses: answers }],
  };
}

/** The handler finds the whole body, and the route as if it had been asked for behind its name: in `url_path`. */
function answer(context: DoorContext, exchange: Exchange, route: OpenAiRoute): Promise<void> {
  const { serving } = context;
  const injected = ['url_path', route, 'explain', 'False'];
  return withInput(
    context,
    exchange,
    injected,
    async (input) => {
      const [body] = input.parameters;
      const asked = readOpenAiRequest(route, bytesOf(body?.value ?? new Uint8Array()));
      const model = serving.openaiModel(asked.model);
      mustAnswer(model, route);
      const given = await exchange.wait(serving.infer(model.target, input));
      if (isEvents(given, asked.stream)) await exchange.sendPieces(withType(given, eventStreamType), openAiEvents());
      else if (given.rest) await exchange.sendPieces(withType(given, 'application/json'), plainPieces);
      else exchange.sendWhole(withType(asOpenAiAnswer(given), 'application/json'));
    },
    // Whatever its client calls it.
    'application/json',
  );
}

function mustAnswer(model: OpenAiModel, route: OpenAiRoute): void {
  if (model.routes?.includes(route)) return;
  if (model.routes === null) {
    throw new ServingError(
      'unavailable',
      `No worker of the model ${model.id} has loaded yet, so that it is not known whether it answers OpenAI's API. ` +
        'Wait for it, add workers, or list openaiRoutes in its model-config.yaml.',
    );
  }
  if (model.routes.length === 0) {
    const nothing = `The model ${model.id} does not answer OpenAI's API: its handler declares no openai_routes.`;
    throw new ServingError('modelNotFound', nothing);
  }
  const others = model.routes.map((one) => `/${one}`).join(' and ');
  throw new ServingError('resourceNotFound', `The model ${model.id} does not answer /${route}; it answers ${others}.`);
}

function refused(description: string) {
  return { description, schema: openAiErrorSchema };
}

const refusals = {
  401: refused('The token is missing or wrong'),
  404: refused('There is no such model, or it does not answer this'),
  503: refused('No worker of the model is free, or has loaded yet'),
};

const answers: Operation['responses'] = {
  // No media type: server-sent events where `stream` is true.
  200: { description: 'What the handler answered' },
  ...refusals,
  400: refused('The body is no JSON object, or a parameter is missing or not what it should be'),
  403: common[403],
  405: refused('Another method than POST'),
  408: refused('The deadline of the request passed'),
  413: refused('The request body is larger than max_request_size'),
  500: refused('The handler failed, or its worker died'),
  507: refused('Out of memory'),
};

const shown = {
  200: { description: 'OK', schema: openAiModelSchema },
  401: refusals[401],
  403: common[403],
  404: refusals[404],
};

const listOperation: Operation = {
  path: '/v1/models',
  method: 'get',
  operationId: 'openaiModels',
  description: "Lists the models that answer OpenAI's API, by the names that requests call them.",
  responses: { 200: { description: 'OK', schema: openAiListSchema }, 401: refusals[401], 403: common[403] },
};

/** `/v1/models/{id}`, which is KServe's too. */
export const modelOperation: Operation = {
  path: '/v1/models/{model_name}',
  method: 'get',
  operationId: 'openaiModel',
  description: "Tells of a model that answers OpenAI's API.",
  names: z.object({ model_name: text('What requests call it.') }),
  responses: shown,
};

const versionOperation: Operation = {
  path: '/v1/models/{model_name}/{model_version}',
  method: 'get',
  operationId: 'openaiModelVersion',
  description: "Tells of a version of a model that answers OpenAI's API.",
  names: z.object({ model_name: text('Name of the model.'), model_version: text('Version of the model.') }),
  responses: shown,
};
