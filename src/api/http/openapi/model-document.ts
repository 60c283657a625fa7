import { z } from 'zod';
import { text } from '../request-parameters.js';
import { type OpenApiDocument, openApiDocument } from './document.js';
import type { Operation } from './operation.js';
import { handlerBody, inferenceResponses } from './responses.js';

const VERSION = '1.0.0';

/** What `OPTIONS` on a prediction route tells of a model. */
export function inferenceDocument(model: string): OpenApiDocument {
  const names = z.object({ model_name: text('Name of the model.') });
  const operation = (path: string, suffix: string, named: boolean): Operation => ({
    path,
    method: 'post',
    operationId: `${model}${suffix}`,
    description: `Predicts with ${model}.`,
    ...(named && { names }),
    body: handlerBody,
    responses: inferenceResponses,
  });
  return openApiDocument({ title: `RESTful API for: ${model}`, version: VERSION }, [
    operation(`/predictions/${encodeURIComponent(model)}`, '', false),
    operation('/v1/models/{model_name}:predict', '_v1', true),
    operation('/v2/models/{model_name}/infer', '_v2', true),
  ]);
}

/** What `OPTIONS` on a model of the management API tells. */
export function managementDocument(model: string, operations: readonly Operation[]): OpenApiDocument {
  return openApiDocument({ title: `RESTful Management API for: ${model}`, version: VERSION }, operations);
}
