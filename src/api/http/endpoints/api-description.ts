import { z } from 'zod';
import type { Endpoint, Role } from '../endpoint.js';
import type { Exchange } from '../exchange.js';
import { type OpenApiDocument, openApiDocument } from '../openapi/document.js';
import type { Operation } from '../openapi/operation.js';
import { common } from '../openapi/responses.js';

const described = {
  200: {
    description: 'An OpenAPI 3.0 document',
    schema: z.object({
      openapi: z.string(),
      info: z.record(z.string(), z.unknown()),
      paths: z.record(z.string(), z.unknown()),
    }),
  },
  403: common[403],
  500: common[500],
};

const rootOperation: Operation = {
  path: '/',
  method: 'options',
  operationId: 'apiDescription',
  description: 'This document.',
  responses: described,
};

const oldOperation: Operation = {
  path: '/api-description',
  method: 'get',
  operationId: 'api-description',
  description: 'This document.',
  responses: described,
  deprecated: true,
};

/** `OPTIONS /` and `/api-description`: what a listener serves. They ask for no token. */
export function apiDescription(role: Role, version: string, endpoints: readonly Endpoint[]): Endpoint[] {
  let document: OpenApiDocument | null = null;
  const handle = (exchange: Exchange) => {
    // Written when somebody asks: it costs more than all else that a listener needs to start.
    document ??= listenerDocument(version, endpoints);
    exchange.sendJson(200, document);
  };
  return [
    { path: '/', role, open: true, handle: { OPTIONS: handle } },
    { path: '/api-description', role, open: true, handle },
  ];
}

/** The document of a listener that serves some endpoints. */
export function listenerDocument(version: string, endpoints: readonly Endpoint[]): OpenApiDocument {
  const info = { title: 'TorchServe APIs', description: 'Serves PyTorch models packed as .mar archives.', version };
  const own = endpoints.flatMap((endpoint) => endpoint.operations ?? []);
  return openApiDocument(info, [rootOperation, ...own, oldOperation]);
}
