import type { Inference, InferenceInput } from '../../src/batching/inference.js';
import { ServingError } from '../../src/errors/serving-error.js';
import type { WorkflowChanges, WorkflowOptions } from '../../src/lifecycle/lifecycle.js';
import type { WorkflowServing, WorkflowSnapshot } from '../../src/serving/workflow-serving.js';
import type { EchoServing } from './echo-serving.js';

/** A workflow as the doors are told of it, with everything at its default. */
export function workflowSnapshot(name: string, change: Partial<WorkflowSnapshot> = {}): WorkflowSnapshot {
  return {
    name,
    url: `${name}.war`,
    minWorkers: 1,
    maxWorkers: 1,
    batchSize: 1,
    maxBatchDelayMs: 50,
    responseTimeoutSeconds: null,
    startupTimeoutSeconds: null,
    dag: new Map([
      ['pre', ['m1', 'm2']],
      ['m1', []],
    ]),
    ...change,
  };
}

/** Workflows without nodes, for tests of the front doors: each answers as the model `echo` does. */
export class EchoWorkflows implements WorkflowServing, WorkflowChanges {
  readonly workflows = new Map<string, WorkflowSnapshot>();
  readonly calls: unknown[][] = [];
  readonly #echo: EchoServing;

  constructor(echo: EchoServing) {
    this.#echo = echo;
  }

  add(name: string, change: Partial<WorkflowSnapshot> = {}): this {
    this.workflows.set(name, workflowSnapshot(name, change));
    return this;
  }

  infer(workflow: string, input: InferenceInput): Inference {
    this.describe(workflow);
    return this.#echo.infer({ model: 'echo', version: null }, input);
  }

  describe(workflow: string): WorkflowSnapshot {
    const found = this.workflows.get(workflow);
    if (!found) throw new ServingError('workflowNotFound', `Workflow not found: ${workflow}`);
    return found;
  }

  list(): readonly WorkflowSnapshot[] {
    return [...this.workflows.keys()].sort().map((name) => this.describe(name));
  }

  async register(options: WorkflowOptions): Promise<string> {
    this.calls.push(['register', options]);
    const name = options.workflowName ?? options.url.replace(/\.war$/, '');
    this.add(name);
    return name;
  }

  async unregister(name: string): Promise<void> {
    this.calls.push(['unregister', name]);
    this.describe(name);
    this.workflows.delete(name);
  }
}
