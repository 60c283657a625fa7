import type { Inference, InferenceInput } from '../batching/inference.js';
import type { WorkflowSnapshot } from '../workflow/workflow.js';

/** What a front door may ask of workflows. */
export interface WorkflowServing {
  /**
   * Sends a request through a workflow and waits for what its last nodes answer.
   * @throws ServingError workflowNotFound at once.
   */
  infer(workflow: string, input: InferenceInput): Inference;
  /** @throws ServingError workflowNotFound. */
  describe(workflow: string): WorkflowSnapshot;
  /** Sorted by name in code-unit order. */
  list(): readonly WorkflowSnapshot[];
}

export type { WorkflowSnapshot };
