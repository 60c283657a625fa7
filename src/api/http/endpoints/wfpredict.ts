import { z } from 'zod';
import type { DoorContext } from '../door-context.js';
import type { Endpoint } from '../endpoint.js';
import type { Exchange } from '../exchange.js';
import { common, handlerBody, refusal } from '../openapi/responses.js';
import { resourceNotFound } from '../refusals.js';
import { text } from '../request-parameters.js';
import { withInput } from './request-input.js';

/** `/wfpredict/{workflow}`: every method, whatever follows the name. */
export function wfpredict(context: DoorContext): Endpoint[] {
  const role = 'inference';
  const handle = (exchange: Exchange) =>
    withInput(context, exchange, [], (input) =>
      exchange.sendInference(context.workflows.infer(exchange.name('workflow_name'), input)),
    );
  return [
    {
      path: '/wfpredict',
      role,
      handle: () => {
        throw resourceNotFound();
      },
    },
    {
      path: '/wfpredict/:workflow_name',
      role,
      handle,
      operations: [
        {
          path: '/wfpredict/{workflow_name}',
          method: 'post',
          operationId: 'workflowPredictions',
          description: 'Sends a request through a workflow.',
          names: z.object({ workflow_name: text('Name of the workflow.') }),
          body: handlerBody,
          responses: {
            200: { description: 'What the last node answered; of several, an object of node name and answer' },
            ...common,
            404: refusal('Workflow not found'),
            413: refusal('The request body is larger than max_request_size'),
            500: refusal('A node failed, did not answer in time or has no worker; the message names it'),
            503: refusal('The workflow was unregistered'),
          },
        },
      ],
    },
    { path: '/wfpredict/:workflow_name/*', role, handle },
  ];
}
