import { z } from 'zod';
import type { DoorContext } from '../door-context.js';
import type { Endpoint } from '../endpoint.js';
import type { Exchange } from '../exchange.js';
import type { Operation } from '../openapi/operation.js';
import { common, notice, refusal } from '../openapi/responses.js';
import { methodNotAllowed } from '../refusals.js';
import { checkParameters, text, whole, yes } from '../request-parameters.js';
import { givenParameters } from './given-parameters.js';
import { listParametersOf, nextPageToken, pageOf } from './page.js';
import { workflowDescription, workflowDescriptionSchema } from './workflow-description.js';

const listParameters = listParametersOf('workflows');

const registerParameters = z.object({
  url: text('Where the archive is: a name in the workflow store, or a file, http or https url.'),
  workflow_name: text('Name of the workflow; absent: the one in the archive.').optional(),
  response_timeout: whole(
    1,
    'Seconds that a worker of a node has to answer; absent: as configured, else 120.',
  ).optional(),
  startup_timeout: whole(
    1,
    'Seconds that a worker of a node has to load its model; absent: as configured, else 120.',
  ).optional(),
  s3_sse_kms: yes('Whether to sign downloads of encrypted S3 objects.').default(false),
});

const workflowName = z.object({ workflow_name: text('Name of the workflow.') });

const listSchema = z.object({
  nextPageToken,
  workflows: z.array(
    z.object({
      workflowName: z.string().meta({ description: 'Name of the workflow.' }),
      workflowUrl: z.string().meta({ description: 'Where its archive came from, as it was registered.' }),
    }),
  ),
});

/** `/workflows` and `/workflows/{name}`; a further part is passed over, as in TorchServe. */
export function workflows(context: DoorContext): Endpoint[] {
  const role = 'management';
  const handle = {
    GET: (exchange: Exchange) => describe(context, exchange),
    DELETE: (exchange: Exchange) => unregister(context, exchange),
  };
  return [
    {
      path: '/workflows',
      role,
      handle: {
        GET: (exchange) => list(context, exchange),
        POST: (exchange) => register(context, exchange),
      },
      operations: [listOperation, registerOperation],
    },
    { path: '/workflows/:workflow_name', role, handle, operations: [describeOperation, unregisterOperation] },
    { path: '/workflows/:workflow_name/:ignored', role, handle },
  ];
}

function list({ workflows }: DoorContext, exchange: Exchange): void {
  const parameters = checkParameters(listParameters, exchange.query.toObject());
  const all = workflows.list().map(({ name, url }) => ({ workflowName: name, workflowUrl: url }));
  const { items, next } = pageOf(all, parameters);
  exchange.sendJson(200, { nextPageToken: next, workflows: items });
}

async function register({ workflowChanges, modelApi }: DoorContext, exchange: Exchange): Promise<void> {
  mustBeOpen(modelApi);
  const parameters = checkParameters(registerParameters, await givenParameters(exchange));
  const name = await workflowChanges.register({
    url: parameters.url,
    workflowName: parameters.workflow_name,
    responseTimeoutSeconds: parameters.response_timeout,
    startupTimeoutSeconds: parameters.startup_timeout,
    s3SseKms: parameters.s3_sse_kms,
  });
  exchange.sendJson(200, { status: `Workflow ${name} has been registered and scaled successfully.` });
}

function describe({ workflows }: DoorContext, exchange: Exchange): void {
  exchange.sendJson(200, [workflowDescription(workflows.describe(exchange.name('workflow_name')))]);
}

async function unregister({ workflowChanges, modelApi }: DoorContext, exchange: Exchange): Promise<void> {
  mustBeOpen(modelApi);
  const name = exchange.name('workflow_name');
  await workflowChanges.unregister(name);
  exchange.sendJson(200, { status: `Workflow "${name}" unregistered` });
}

/** A workflow brings models: where those may not be registered, it may not either. */
function mustBeOpen(modelApi: boolean): void {
  if (!modelApi) throw methodNotAllowed();
}

const listOperation: Operation = {
  path: '/workflows',
  method: 'get',
  operationId: 'listWorkflows',
  description: 'Lists the workflows.',
  query: listParameters,
  responses: { 200: { description: 'OK', schema: listSchema }, ...common },
};

const registerOperation: Operation = {
  path: '/workflows',
  method: 'post',
  operationId: 'registerWorkflow',
  description: 'Registers a workflow and the models of its nodes, and waits until their workers are ready.',
  query: registerParameters,
  body: { json: registerParameters },
  responses: {
    200: notice('Workflow registered'),
    ...common,
    404: refusal('Workflow not found in the workflow store'),
    405: refusal('The model API is switched off'),
    409: refusal('Workflow already registered'),
    413: refusal('The request body is larger than max_request_size'),
    500: refusal('The archive or its specification cannot be read, or a node could not be registered'),
  },
};

const describeOperation: Operation = {
  path: '/workflows/{workflow_name}',
  method: 'get',
  operationId: 'describeWorkflow',
  description: 'Describes a workflow.',
  names: workflowName,
  responses: {
    200: { description: 'OK', schema: workflowDescriptionSchema },
    ...common,
    404: refusal('Workflow not found'),
  },
};

const unregisterOperation: Operation = {
  path: '/workflows/{workflow_name}',
  method: 'delete',
  operationId: 'unregisterWorkflow',
  description: 'Unregisters a workflow and the models of its nodes, once its requests in flight are answered.',
  names: workflowName,
  responses: {
    200: notice('Workflow unregistered'),
    ...common,
    404: refusal('Workflow not found'),
    405: refusal('The model API is switched off'),
  },
};
