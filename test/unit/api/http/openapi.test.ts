import { Validator } from '@seriousme/openapi-schema-validator';
import { afterEach, describe, expect, test } from 'vitest';
import type { Role } from '../../../../src/api/http/endpoint.js';
import { listenerDocument } from '../../../../src/api/http/endpoints/api-description.js';
import { type OpenDoors, openDoors } from '../../../support/open-doors.js';
import { allEndpoints } from '../../../support/rest-routes.js';

type Document = Record<string, unknown> & {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Record<string, Record<string, Operation>>;
};
interface Operation {
  readonly operationId: string;
  readonly parameters: { in: string; name: string; required: boolean; schema: Record<string, unknown> }[];
  readonly responses: Record<string, unknown>;
}

let open: OpenDoors;
afterEach(() => open?.doors.close({ graceMs: 0 }));

async function served(line: string, role: Role): Promise<Document> {
  const { status, body } = await open.raw(`${line} HTTP/1.1\r\n\r\n`, role);
  expect(status).toBe(200);
  return JSON.parse(body.toString()) as Document;
}

const listeners: [string, Role[]][] = [
  ['inference', ['inference']],
  ['management', ['management']],
  ['metrics', ['metrics']],
  ['all', ['inference', 'management', 'metrics']],
];

function documentOf(roles: readonly Role[]): Document {
  // As clients get it.
  return JSON.parse(JSON.stringify(listenerDocument('0.12.0', allEndpoints(roles)))) as Document;
}

describe('the documents', () => {
  test.each(listeners)('%s: it is valid OpenAPI 3.0', async (_name, roles) => {
    const result = await new Validator().validate(documentOf(roles));
    expect(result.errors).toBeUndefined();
    expect(result.valid).toBe(true);
  });

  test.each(['/predictions/echo', '/explanations/echo/1.0', '/v1/models/echo:predict', '/invocations?model_name=echo'])(
    'OPTIONS %s: valid, and about the model',
    async (path) => {
      open = await openDoors();
      const document = await served(`OPTIONS ${path}`, 'inference');
      expect((await new Validator().validate(document)).errors).toBeUndefined();
      expect(document.info).toEqual({ title: 'RESTful API for: echo', version: '1.0.0' });
      expect(Object.keys(document.paths)).toEqual([
        '/predictions/echo',
        '/v1/models/{model_name}:predict',
        '/v2/models/{model_name}/infer',
      ]);
    },
  );

  test('OPTIONS of a model on the management port', async () => {
    open = await openDoors();
    const document = await served('OPTIONS /models/echo', 'management');
    expect((await new Validator().validate(document)).errors).toBeUndefined();
    expect(document.info.title).toBe('RESTful Management API for: echo');
    expect(Object.keys(document.paths)).toEqual([
      '/models/{model_name}',
      '/models/{model_name}/{model_version}',
      '/models/{model_name}/{model_version}/set-default',
    ]);
  });

  test('OPTIONS / and /api-description are one', async () => {
    open = await openDoors();
    expect(await served('OPTIONS /', 'inference')).toEqual(await served('PUT /api-description', 'inference'));
  });
});

describe('operations that clients of TorchServe know', () => {
  const operations = (roles: Role[]) =>
    Object.entries(documentOf(roles).paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => [`${method} ${path}`, operation] as const),
    );
  const known = {
    inference: {
      'options /': ['apiDescription', 200, 500],
      'get /ping': ['ping', 200, 500],
      'post /predictions/{model_name}': ['predictions', 200, 404, 500, 503],
      'post /predictions/{model_name}/{model_version}': ['version_predictions', 200, 404, 500, 503],
      'post /v1/models/{model_name}:predict': ['v1_predictions', 200, 404, 500, 503],
      'post /v2/models/{model_name}/infer': ['v2_predictions', 200, 404, 500, 503],
      'post /wfpredict/{workflow_name}': ['workflowPredictions', 200, 404, 500],
      'get /api-description': ['api-description', 200, 500],
    },
    management: {
      'get /models': ['listModels', 200, 500],
      'post /models': ['registerModel', 200, 202, 400, 404, 409, 500],
      'get /models/{model_name}': ['describeModel', 200, 404, 500],
      'put /models/{model_name}': ['setAutoScale', 200, 202, 206, 400, 404, 500],
      'delete /models/{model_name}': ['unregisterModel', 200, 404, 408, 500],
      'get /models/{model_name}/{model_version}': ['version_describeModel', 200, 404, 500],
      'put /models/{model_name}/{model_version}': ['version_setAutoScale', 200, 202, 206, 400, 404, 500],
      'delete /models/{model_name}/{model_version}': ['version_unregisterModel', 200, 404, 408, 500],
      'put /models/{model_name}/{model_version}/set-default': ['setDefault', 200, 404, 500],
      'get /workflows': ['listWorkflows', 200, 500],
      'post /workflows': ['registerWorkflow', 200, 400, 404, 409, 500],
      'get /workflows/{workflow_name}': ['describeWorkflow', 200, 404, 500],
      'delete /workflows/{workflow_name}': ['unregisterWorkflow', 200, 404, 500],
    },
    metrics: { 'get /metrics': ['metrics', 200, 500] },
  } as const;

  test.each(Object.keys(known) as (keyof typeof known)[])('%s', (role) => {
    const found = new Map<string, Operation>(operations([role]));
    for (const [line, [operationId, ...codes]] of Object.entries(known[role])) {
      expect(found.get(line)?.operationId, line).toBe(operationId);
      expect(Object.keys(found.get(line)?.responses ?? {}), line).toEqual(expect.arrayContaining(codes.map(String)));
    }
  });

  test('what register takes', () => {
    const register = new Map(operations(['management'])).get('post /models');
    expect(
      register?.parameters.map(({ name, required, schema }) => [name, required, schema['type'], schema['default']]),
    ).toEqual([
      ['url', true, 'string', undefined],
      ['model_name', false, 'string', undefined],
      ['handler', false, 'string', undefined],
      ['runtime', false, 'string', undefined],
      ['batch_size', false, 'integer', undefined],
      ['max_batch_delay', false, 'integer', undefined],
      ['batch_policy', false, 'string', undefined],
      ['response_timeout', false, 'integer', undefined],
      ['startup_timeout', false, 'integer', undefined],
      ['initial_workers', false, 'integer', undefined],
      ['synchronous', false, 'boolean', true],
      ['autoscale', false, 'boolean', undefined],
      ['s3_sse_kms', false, 'boolean', false],
    ]);
  });

  test('an operation has a name of its own', () => {
    const ids = operations(['inference', 'management', 'metrics']).map(([, { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

test.each(listeners)(
  '%s: every route is in the document, and every path of the document is a route',
  async (_name, roles) => {
    const endpoints = allEndpoints(roles);
    const spelled = (path: string) => path.replace(/:(\w+)/g, '{$1}');
    const documented = Object.keys(documentOf(roles).paths);
    // Paths that say nothing of their own: older spellings of others, and what is passed over.
    const silent = [
      /\*$/,
      /^\/(predictions|explanations|wfpredict)$/,
      /\{ignored\}$/,
      /^\/\{model_name\}.*\/predict$/,
      /\/explain$/,
      /^\/v2(\/health.*)?$/,
    ];
    const routes = endpoints
      .map(({ path }) => spelled(path))
      .filter((path) => !silent.some((pattern) => pattern.test(path)));
    const asRoute = (path: string) => path.replace(/^\/v1\/models\/[^/]+/, '/v1/models/{target}');
    expect(new Set(documented.map(asRoute))).toEqual(new Set(routes));
  },
);
