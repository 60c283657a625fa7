import { z } from 'zod';
import type { WorkflowSnapshot } from '../../../serving/workflow-serving.js';

/** A workflow as describe shows it, in the order of TorchServe's fields. */
export const workflowDescriptionSchema = z.array(
  z.object({
    workflowName: z.string(),
    workflowUrl: z.string().meta({ description: 'Where its archive came from, as it was registered.' }),
    minWorkers: z.int().meta({ description: 'Of a node that says nothing of its own.' }),
    maxWorkers: z.int(),
    batchSize: z.int(),
    maxBatchDelay: z.int().meta({ description: 'Milliseconds.' }),
    workflowDag: z.string().meta({ description: 'The nodes and what goes on from each, such as {pre=[m1], m1=[]}.' }),
  }),
);

export function workflowDescription(workflow: WorkflowSnapshot): z.output<typeof workflowDescriptionSchema>[number] {
  return {
    workflowName: workflow.name,
    workflowUrl: workflow.url,
    minWorkers: workflow.minWorkers,
    maxWorkers: workflow.maxWorkers,
    batchSize: workflow.batchSize,
    maxBatchDelay: workflow.maxBatchDelayMs,
    workflowDag: `{${[...workflow.dag].map(([node, next]) => `${node}=[${next.join(', ')}]`).join(', ')}}`,
  };
}
