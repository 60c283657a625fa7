import { setMaxListeners } from 'node:events';
import type { Answer, Inference, InferenceInput, Parameter } from '../batching/inference.js';
import { ServingError } from '../errors/serving-error.js';
import type { Logger } from '../observability/logging/logging.js';
import type { Dag } from './dag.js';
import { LeafResults } from './leaf-results.js';
import { callNode, type NodeRules } from './node-call.js';

/** What a run needs of its workflow. */
export interface RunPlan {
  readonly workflow: string;
  readonly dag: Dag;
  readonly rules: (node: string) => NodeRules;
  /** Asks a node's model. @throws ServingError where it is refused at once. */
  readonly ask: (node: string, input: InferenceInput) => Inference;
  /** Bytes that the result of a node may have. */
  readonly mostBytes: number;
  readonly log: Logger;
}

/**
 * One request on its way through a workflow. A node begins as soon as all its parents have answered, so branches run at
 * the same time. The first node that fails for good, or the caller's leaving, ends all the others. A result is held
 * until the nodes that go on from it have begun, and no longer.
 */
export class WorkflowRun implements Inference {
  readonly answer: Promise<Answer>;
  readonly #plan: RunPlan;
  readonly #input: InferenceInput;
  readonly #abort = new AbortController();
  /** Of the nodes that have some of their parents' results, but not all. */
  readonly #waiting = new Map<string, Map<string, Uint8Array>>();
  readonly #leaves: LeafResults;
  #resolve!: (answer: Answer) => void;
  #reject!: (error: unknown) => void;

  constructor(plan: RunPlan, input: InferenceInput) {
    this.#plan = plan;
    this.#input = input;
    this.#leaves = new LeafResults(plan.dag.leaves);
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // One for each node that is under way.
    setMaxListeners(0, this.#abort.signal);
    this.#begin(plan.dag.start, input.parameters);
  }

  cancel(): void {
    this.end(new ServingError('timedOut', 'The caller has gone.'));
  }

  /** Ends the run with an error, and whatever of it is under way. Nothing happens where it has ended. */
  end(error: unknown): void {
    this.#waiting.clear();
    this.#reject(error);
    this.#abort.abort(error);
  }

  #begin(node: string, parameters: readonly Parameter[]): void {
    const { ask, rules, mostBytes, log, workflow } = this.#plan;
    const { requestId, headers, trace: whole } = this.#input;
    callNode({
      node,
      ...rules(node),
      ask: (trace) => ask(node, { requestId, headers, parameters, trace }),
      beginTrace: () =>
        whole?.begin(`node ${node}`, { 'torchbridge.workflow.name': workflow, 'torchbridge.workflow.node': node }),
      mostBytes,
      signal: this.#abort.signal,
      onFailed: (reason, again) =>
        log.warn(`Node ${node} of workflow ${workflow} failed${again ? ' and is called again' : ''}: ${reason}`, {
          requestId,
        }),
    })
      .then((result) => this.#answered(node, result))
      .catch((error) => this.end(error));
  }

  #answered(node: string, result: Uint8Array): void {
    if (this.#abort.signal.aborted) return;
    const children = this.#plan.dag.children(node);
    for (const child of children) this.#deliver(node, child, result);
    if (children.length > 0) return;
    this.#leaves.add(node, result);
    if (!this.#leaves.complete) return;
    this.#resolve({
      status: 200,
      phrase: '',
      headers: ['content-type', 'application/json'],
      body: this.#leaves.body(),
    });
  }

  /** Values come without a content type, so that a handler finds bytes in them, as in TorchServe. */
  #deliver(parent: string, child: string, result: Uint8Array): void {
    const parents = this.#plan.dag.parents(child);
    if (parents.length === 1) {
      this.#begin(child, [{ name: 'body', contentType: '', value: result }]);
      return;
    }
    const results = this.#waiting.get(child) ?? new Map<string, Uint8Array>();
    this.#waiting.set(child, results.set(parent, result));
    if (results.size < parents.length) return;
    this.#waiting.delete(child);
    this.#begin(
      child,
      parents.map((name) => ({ name, contentType: '', value: results.get(name) as Uint8Array })),
    );
  }
}
