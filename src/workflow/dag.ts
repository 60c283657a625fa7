import { ServingError } from '../errors/serving-error.js';

/** The nodes of a workflow and what goes from which to which: no cycle, and one node where every request begins. */
export class Dag {
  readonly #children = new Map<string, string[]>();
  readonly #parents = new Map<string, string[]>();
  /** The node that is given the request. */
  readonly start: string;
  /** The nodes that nothing goes on from, in the order in which they were named. */
  readonly leaves: readonly string[];

  /**
   * @param edges - Node → the nodes that go on from it.
   * @throws ServingError invalidDag in TorchServe's words, which it checks in this order.
   */
  constructor(edges: ReadonlyMap<string, readonly string[]>) {
    for (const [from, next] of edges) {
      this.#add(from);
      for (const to of next) this.#connect(from, to);
    }
    const [start, ...others] = this.nodes.filter((node) => this.parents(node).length === 0);
    if (start === undefined || others.length > 0) throw invalid('DAG should have only one start node');
    this.start = start;
    this.leaves = this.nodes.filter((node) => this.children(node).length === 0);
    if (this.#reached() < this.#children.size) throw invalid('Not a valid DAG');
  }

  /** Every node, in the order in which they were named. */
  get nodes(): readonly string[] {
    return [...this.#children.keys()];
  }

  children(node: string): readonly string[] {
    return this.#children.get(node) ?? [];
  }

  parents(node: string): readonly string[] {
    return this.#parents.get(node) ?? [];
  }

  #add(node: string): void {
    if (this.#children.has(node)) return;
    this.#children.set(node, []);
    this.#parents.set(node, []);
  }

  #connect(from: string, to: string): void {
    if (from === to) throw invalid('Self loop exception');
    if (this.children(from).includes(to)) throw invalid('loop exception');
    this.#add(to);
    this.#children.get(from)?.push(to);
    this.#parents.get(to)?.push(from);
  }

  /** How many nodes have their turn when each waits for all its parents; those of a cycle never do. */
  #reached(): number {
    const waits = new Map(this.nodes.map((node) => [node, this.parents(node).length]));
    const ready = [this.start];
    for (const node of ready) {
      for (const child of this.children(node)) {
        const left = (waits.get(child) ?? 0) - 1;
        waits.set(child, left);
        if (left === 0) ready.push(child);
      }
    }
    return ready.length;
  }
}

function invalid(message: string): ServingError {
  return new ServingError('invalidDag', message);
}
