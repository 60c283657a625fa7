import { z } from 'zod';
import type { ModelVersion } from '../registry/model-version.js';
import type { WorkflowSnapshot } from '../workflow/workflow.js';
import { archiveName } from './archive-name.js';
import { nodeModel } from './workflow-nodes.js';

/** What a snapshot says of one workflow. TorchServe saves none, so the keys are ours. */
export const savedWorkflowSchema = z.object({
  /** The archive's file name in the workflow store. */
  warName: z.string().min(1),
  responseTimeout: z.number().int().min(1).optional(),
  startupTimeout: z.number().int().min(1).optional(),
  /** What was registered, where it is not the archive's name. */
  url: z.string().optional(),
  /** Node → its workers, which may have been scaled. */
  nodes: z.record(z.string(), z.object({ min: z.number().int().min(0), max: z.number().int().min(0) })).default({}),
});

/** One workflow of a snapshot. */
export type SavedWorkflow = z.output<typeof savedWorkflowSchema> & { readonly name: string };

/** What is saved of a workflow. @param versions all that are registered. */
export function savedWorkflow(
  { name, url, dag, responseTimeoutSeconds, startupTimeoutSeconds }: WorkflowSnapshot,
  versions: readonly ModelVersion[],
): z.input<typeof savedWorkflowSchema> {
  const warName = archiveName(url);
  const names = new Set([...dag].flatMap(([node, next]) => [node, ...next]));
  const nodes = [...names].flatMap((node) => {
    const version = versions.find((each) => each.workflow === name && each.modelName === nodeModel(name, node));
    return version === undefined ? [] : [[node, { min: version.minWorkers, max: version.maxWorkers }]];
  });
  return {
    warName,
    ...(responseTimeoutSeconds === null ? {} : { responseTimeout: responseTimeoutSeconds }),
    ...(startupTimeoutSeconds === null ? {} : { startupTimeout: startupTimeoutSeconds }),
    ...(url === warName ? {} : { url }),
    nodes: Object.fromEntries(nodes),
  };
}
