import type { Inference, InferenceInput } from '../batching/inference.js';
import { ServingError } from '../errors/serving-error.js';
import { timeLimit } from '../workers/time-limit.js';
import { type RunPlan, WorkflowRun } from './workflow-run.js';

/** A workflow as describe shows it: plain data. */
export interface WorkflowSnapshot {
  readonly name: string;
  /** As it was registered. */
  readonly url: string;
  /** What holds for every node that says nothing of its own. */
  readonly minWorkers: number;
  readonly maxWorkers: number;
  readonly batchSize: number;
  readonly maxBatchDelayMs: number;
  /** As the register call said, for every node; null where it said nothing. */
  readonly responseTimeoutSeconds: number | null;
  readonly startupTimeoutSeconds: number | null;
  /** Node → the nodes that go on from it, as its specification has it. */
  readonly dag: ReadonlyMap<string, readonly string[]>;
}

/** A registered workflow, and the requests that are on their way through it. */
export class Workflow {
  readonly snapshot: WorkflowSnapshot;
  readonly #plan: RunPlan;
  readonly #runs = new Set<WorkflowRun>();
  #whenIdle: () => void = () => {};

  constructor(snapshot: WorkflowSnapshot, plan: RunPlan) {
    this.snapshot = snapshot;
    this.#plan = plan;
  }

  get name(): string {
    return this.snapshot.name;
  }

  /** Sends a request through; the answer rejects with a ServingError that names the node. */
  infer(input: InferenceInput): Inference {
    const run = new WorkflowRun(this.#plan, input);
    this.#runs.add(run);
    const gone = () => {
      this.#runs.delete(run);
      if (this.#runs.size === 0) this.#whenIdle();
    };
    run.answer.then(gone, gone);
    return run;
  }

  /** Lets what is under way be answered for up to the grace (ms), and answers the rest 503. */
  async close(graceMs: number): Promise<void> {
    if (this.#runs.size > 0) {
      await timeLimit(
        new Promise<void>((resolve) => {
          this.#whenIdle = resolve;
        }),
        graceMs,
      );
    }
    for (const run of this.#runs) run.end(new ServingError('unavailable', `Workflow ${this.name} was unregistered.`));
  }
}
