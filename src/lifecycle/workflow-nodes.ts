import type { OpenedWorkflow } from '../archive/open-workflow.js';
import { defaultNodeLimits, type NodeLimits, type WorkflowSpec } from '../archive/workflow-spec.js';
import type { NodeRules } from '../workflow/node-call.js';
import type { Asked, WorkflowOptions } from './lifecycle.js';
import type { OpenModel } from './open-model.js';
import type { WorkerBounds } from './resolve-settings.js';
import type { VersionOrder } from './version-maker.js';

/** The model that a node of a workflow is. */
export function nodeModel(workflow: string, node: string): string {
  return `${workflow}__${node}`;
}

/** How a workflow calls one of its nodes. */
export function nodeRules({ models, limits }: WorkflowSpec, node: string): NodeRules {
  const { 'retry-attempts': retryAttempts, 'timeout-ms': timeoutMs } = withDefaults(models.get(node)?.limits ?? limits);
  return { retryAttempts, timeoutMs };
}

/** Limits, TorchServe's defaults in place of what is not said. */
export function withDefaults(limits: NodeLimits): Required<{ [key in keyof NodeLimits]: number }> {
  return { ...defaultNodeLimits, ...limits } as Required<{ [key in keyof NodeLimits]: number }>;
}

/** The workflow whose node is ordered, and how. */
export interface NodeContext {
  readonly workflow: string;
  readonly opened: OpenedWorkflow;
  readonly asked: WorkflowOptions;
  /** While the server starts: a copy that an earlier run downloaded is used. */
  readonly atStart: boolean;
  readonly open: OpenModel;
}

/** The order for a node's version: a model of the specification, or else a function of the workflow's handler file. */
export function nodeOrder(node: string, context: NodeContext): VersionOrder {
  const { workflow, opened, asked, atStart, open } = context;
  const model = opened.spec.models.get(node);
  const common: Asked = {
    modelName: nodeModel(workflow, node),
    responseTimeoutSeconds: asked.responseTimeoutSeconds,
    startupTimeoutSeconds: asked.startupTimeoutSeconds,
  };
  const placed = { workflow, defaults: oneWorker, loadedAtStartup: false };
  if (model === undefined) {
    const { folder, privateFolder, manifest } = opened;
    return {
      ...placed,
      url: null,
      asked: {
        ...common,
        handler: `${manifest.handler ?? ''}:${node}`,
        batchSize: 1,
        maxBatchDelayMs: 0,
      },
      // The files are the workflow's, and go with it.
      open: async () => ({
        folder,
        privateFolder,
        manifest: null,
        modelConfig: null,
        warnings: [],
        remove: async () => {},
      }),
    };
  }
  const { url, limits } = model;
  return {
    ...placed,
    url,
    asked: {
      ...common,
      batchSize: limits['batch-size'],
      maxBatchDelayMs: limits['max-batch-delay'],
    },
    fallback: {
      batchSize: defaultNodeLimits['batch-size'],
      maxBatchDelay: defaultNodeLimits['max-batch-delay'],
    },
    open: (signal) => open(url, { s3SseKms: asked.s3SseKms, reuseDownload: atStart, signal }),
  };
}

/**
 * The workers of a node as the specification has them: as TorchServe, which starts the most; where they follow the load,
 * from the least to the most. A minimum above the maximum counts. Undefined where it says neither.
 */
export function nodeWorkers({ models }: WorkflowSpec, node: string, elastic: boolean): WorkerBounds | undefined {
  const model = models.get(node);
  if (model === undefined) return { min: 1, max: 1 };
  const { 'min-workers': min, 'max-workers': max } = model.limits;
  if (min === undefined && max === undefined) return undefined;
  const most = Math.max(min ?? 0, max ?? 0);
  return { min: elastic ? (min ?? Math.min(1, most)) : most, max: most };
}

const oneWorker = { workers: 1, elastic: { min: 1, max: 1 } };
