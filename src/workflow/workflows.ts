import type { Inference, InferenceInput } from '../batching/inference.js';
import { ServingError } from '../errors/serving-error.js';
import type { Workflow, WorkflowSnapshot } from './workflow.js';

/** Which workflows there are. */
export class Workflows {
  readonly #workflows = new Map<string, Workflow>();

  /** @throws ServingError conflict where a workflow of this name is registered already. */
  mustBeFree(name: string): void {
    if (this.#workflows.has(name)) throw new ServingError('conflict', `Workflow ${name} is already registered.`);
  }

  /** @throws ServingError conflict. */
  add(workflow: Workflow): void {
    this.mustBeFree(workflow.name);
    this.#workflows.set(workflow.name, workflow);
  }

  /** Takes a workflow out; from then on nothing finds it. @throws ServingError workflowNotFound. */
  remove(name: string): Workflow {
    const workflow = this.#get(name);
    this.#workflows.delete(name);
    return workflow;
  }

  /** Sends a request through a workflow. @throws ServingError workflowNotFound at once. */
  infer(name: string, input: InferenceInput): Inference {
    return this.#get(name).infer(input);
  }

  /** @throws ServingError workflowNotFound. */
  describe(name: string): WorkflowSnapshot {
    return this.#get(name).snapshot;
  }

  /** Every workflow, by name in code-unit order. */
  list(): readonly WorkflowSnapshot[] {
    return [...this.#workflows.values()]
      .map(({ snapshot }) => snapshot)
      .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  }

  #get(name: string): Workflow {
    const workflow = this.#workflows.get(name);
    if (!workflow) throw new ServingError('workflowNotFound', `Workflow not found: ${name}`);
    return workflow;
  }
}
