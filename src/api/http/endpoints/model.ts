import type { z } from 'zod';
import { ServingError } from '../../../errors/serving-error.js';
import type { Target } from '../../../serving/serving.js';
import type { DoorContext } from '../door-context.js';
import type { Endpoint } from '../endpoint.js';
import type { Exchange } from '../exchange.js';
import { managementDocument } from '../openapi/model-document.js';
import type { Operation, Operations } from '../openapi/operation.js';
import { common, notice, refusal } from '../openapi/responses.js';
import { methodNotAllowed } from '../refusals.js';
import { checkParameters } from '../request-parameters.js';
import { describe } from './describe.js';
import { descriptionSchema } from './model-description.js';
import {
  describeParameters,
  modelName,
  modelVersion,
  scaleDefaultParameters,
  scaleParameters,
  unregisterParameters,
} from './model-parameters.js';

/** `/models/{name}`, `/models/{name}/{version}` and `…/set-default`. */
export function model(context: DoorContext): Endpoint[] {
  const role = 'management';
  const handle = {
    GET: (exchange: Exchange) => describe(context, targetOf(exchange), exchange),
    PUT: (exchange: Exchange) => scale(context, exchange),
    DELETE: (exchange: Exchange) => unregister(context, exchange),
    OPTIONS: (exchange: Exchange) => {
      const target = targetOf(exchange);
      context.serving.mustExist(target);
      exchange.sendJson(200, managementDocument(target.model, modelOperations));
    },
  };
  return [
    { path: '/models/:model_name', role, handle, operations: operations(false) },
    { path: '/models/:model_name/:model_version', role, handle, operations: operations(true) },
    {
      path: '/models/:model_name/:model_version/set-default',
      role,
      handle: { PUT: (exchange) => setDefault(context, exchange) },
      operations: [setDefaultOperation],
    },
  ];
}

function targetOf({ names }: Exchange): Target {
  return { model: names['model_name'] ?? '', version: names['model_version'] ?? null };
}

async function scale({ lifecycle }: DoorContext, exchange: Exchange): Promise<void> {
  const parameters = checkParameters(scaleDefaultParameters, exchange.query.toObject());
  const { min_worker: minWorkers, synchronous } = parameters;
  const maxWorkers = parameters.max_worker ?? minWorkers;
  if (maxWorkers < minWorkers) {
    throw new ServingError('badRequest', 'max_worker cannot be less than min_worker.');
  }
  const { model, version: inPath } = targetOf(exchange);
  const version = inPath ?? parameters.model_version ?? null;
  const { autoscale } = parameters;
  const options = { minWorkers, maxWorkers, synchronous, ...(autoscale === undefined ? {} : { autoscale }) };
  const outcome = await lifecycle.scale({ model, version }, options);
  if (outcome === 'processing') {
    exchange.sendJson(202, { status: 'Processing worker updates...' });
  } else if (outcome === 'partial') {
    exchange.sendJson(206, { status: 'Workers scaling in progress...' });
  } else {
    const named = version === null ? '' : `, version: ${version}`;
    exchange.sendJson(200, { status: `Workers scaled to ${minWorkers} for model: ${model}${named}` });
  }
}

async function unregister({ lifecycle, modelApi }: DoorContext, exchange: Exchange): Promise<void> {
  if (!modelApi) {
    throw methodNotAllowed();
  }
  const target = targetOf(exchange);
  await lifecycle.unregister(target);
  exchange.sendJson(200, { status: `Model "${target.model}" unregistered` });
}

async function setDefault({ lifecycle }: DoorContext, exchange: Exchange): Promise<void> {
  const { model, version } = targetOf(exchange);
  await lifecycle.setDefault(model, version ?? '');
  exchange.sendJson(200, {
    status: `Default version successfully updated for model "${model}" to "${version}"`,
  });
}

const gone = refusal('Model not found or Model version not found');

/** The three operations of a model, or of a version of it. */
function operations(versioned: boolean): Operation[] {
  const path = versioned ? '/models/{model_name}/{model_version}' : '/models/{model_name}';
  const names: z.ZodObject = versioned ? modelVersion : modelName;
  const prefix = versioned ? 'version_' : '';
  const what = versioned ? 'a version of a model' : 'the default version of a model';
  return [
    {
      path,
      method: 'get',
      operationId: `${prefix}describeModel`,
      description: versioned ? `Describes ${what}; the version "all" means every one.` : `Describes ${what}.`,
      names,
      query: describeParameters,
      responses: {
        200: { description: 'OK', schema: descriptionSchema },
        ...common,
        404: gone,
        503: refusal('No worker can be asked for a customized description'),
      },
    },
    {
      path,
      method: 'put',
      operationId: `${prefix}setAutoScale`,
      description: `Sets the number of workers of ${what}.`,
      names,
      query: versioned ? scaleParameters : scaleDefaultParameters,
      responses: {
        200: notice('Workers scaled'),
        202: notice('Workers are being scaled'),
        206: notice('Fewer workers than asked for are running'),
        ...common,
        404: gone,
        408: refusal('A worker did not end in time'),
        507: refusal('Out of memory'),
      },
    },
    {
      path,
      method: 'delete',
      operationId: `${prefix}unregisterModel`,
      description: `Unregisters ${what}, once its requests in flight are answered.`,
      names,
      query: unregisterParameters,
      responses: {
        200: notice('Model unregistered'),
        ...common,
        403: refusal('The default version goes last, or a web page of another site sent the request'),
        404: gone,
        405: refusal('The model API is switched off'),
        408: refusal('A worker did not end in time'),
      },
    },
  ];
}

const setDefaultOperation: Operation = {
  path: '/models/{model_name}/{model_version}/set-default',
  method: 'put',
  operationId: 'setDefault',
  description: 'Makes a version the default one of its model.',
  names: modelVersion,
  responses: { 200: notice('Default version updated'), ...common, 404: gone },
};

const modelOperations: Operations = [...operations(false), ...operations(true), setDefaultOperation];
