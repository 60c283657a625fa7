import type { LauncherArguments } from '../../config/launcher-arguments.js';
import type { LogicalCpu } from './topology.js';

/** Where a worker computes. */
export interface Placement {
  /** Logical CPUs that it may run on. */
  readonly cpus: readonly number[];
  /** Memory node that it takes memory from; null: any. */
  readonly memoryNode: number | null;
}

/** Deals the cores of a machine out among workers, as `cpu_launcher_args` say. */
export class CorePlan {
  /** One sentence for each thing that was asked for and that this machine cannot give. */
  readonly warnings: readonly string[];
  /** What is dealt out, in the order node, core, hyperthread. */
  readonly cpus: readonly LogicalCpu[];
  readonly #rules: LauncherArguments;
  readonly #manyNodes: boolean;

  /** @param machine all that this process may use; at least one. */
  constructor(machine: readonly LogicalCpu[], rules: LauncherArguments) {
    const warnings: string[] = [];
    this.#rules = rules;
    this.#manyNodes = new Set(machine.map(({ node }) => node)).size > 1;
    this.cpus = chosen(machine, rules, (sentence) => warnings.push(sentence));
    if (rules.coresPerInstance !== null && rules.coresPerInstance > this.cpus.length) {
      warnings.push(
        `--ncores_per_instance ${rules.coresPerInstance}: there are only ${this.cpus.length}, which all workers share`,
      );
    }
    this.warnings = warnings;
  }

  /** Whether workers are bound to their places; false: only their number of threads comes from them. */
  get pins(): boolean {
    return this.#rules.pins;
  }

  /** A place for each worker, in the order in which they came; where there are fewer parts than workers, parts are shared. */
  place(workers: number): Placement[] {
    const parts = this.#parts(workers);
    return Array.from({ length: workers }, (_, index) => {
      const part = parts[(this.#rules.rank + index) % parts.length] as readonly LogicalCpu[];
      return { cpus: part.map(({ id }) => id), memoryNode: this.#memoryNode(part) };
    });
  }

  #parts(workers: number): readonly (readonly LogicalCpu[])[] {
    const { onePerNode, coresPerInstance, skipCrossNode, instances } = this.#rules;
    if (onePerNode) return byNode(this.cpus);
    if (coresPerInstance === null) return divided(this.cpus, instances ?? workers);
    const whole = (skipCrossNode ? byNode(this.cpus) : [this.cpus]).flatMap((cpus) => chunks(cpus, coresPerInstance));
    return whole.length === 0 ? [this.cpus] : whole.slice(0, instances ?? whole.length);
  }

  #memoryNode(part: readonly LogicalCpu[]): number | null {
    const [first] = part;
    const alone = first !== undefined && part.every(({ node }) => node === first.node);
    return this.#rules.bindsMemory && this.#manyNodes && alone ? first.node : null;
  }
}

/** The CPUs that are dealt out: never none. */
function chosen(
  machine: readonly LogicalCpu[],
  { cores, node, useLogicalCores }: LauncherArguments,
  warn: (sentence: string) => void,
): readonly LogicalCpu[] {
  if (cores !== null) {
    const named = machine.filter(({ id }) => cores.includes(id));
    const missing = cores.filter((core) => !machine.some(({ id }) => id === core));
    if (missing.length > 0) warn(`--core_list: this server has no core ${missing.join(', ')}`);
    if (named.length > 0) return named;
  }
  const ofNode = node === null ? machine : machine.filter((cpu) => cpu.node === node);
  if (ofNode.length === 0) warn(`--node_id ${node}: this server has no cores there, and uses those of all nodes`);
  const open = ofNode.length === 0 ? machine : ofNode;
  return useLogicalCores
    ? open
    : open.filter(({ core, id }) => !open.some((other) => other.core === core && other.id < id));
}

/**
 * Parts of equal size, up to one core. Where there are as many parts as memory nodes, none crosses from one node to
 * another. More parts than cores: one core each, in turn.
 */
function divided(cpus: readonly LogicalCpu[], parts: number): readonly (readonly LogicalCpu[])[] {
  if (parts >= cpus.length)
    return Array.from({ length: parts }, (_, index) => [cpus[index % cpus.length] as LogicalCpu]);
  const nodes = byNode(cpus);
  if (parts < nodes.length) return evenly(cpus, parts);
  // The next part always goes to the node where the parts would then be largest.
  const counts = nodes.map(() => 0);
  for (let given = 0; given < parts; given++) {
    const sizes = nodes.map((node, index) => node.length / ((counts[index] as number) + 1));
    const next = sizes.indexOf(Math.max(...sizes));
    counts[next] = (counts[next] as number) + 1;
  }
  return nodes.flatMap((node, index) => evenly(node, counts[index] as number));
}

function evenly<T>(items: readonly T[], parts: number): readonly (readonly T[])[] {
  return Array.from({ length: parts }, (_, index) =>
    items.slice(Math.ceil((index * items.length) / parts), Math.ceil(((index + 1) * items.length) / parts)),
  );
}

/** Whole chunks only. */
function chunks<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.floor(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

function byNode(cpus: readonly LogicalCpu[]): readonly (readonly LogicalCpu[])[] {
  const nodes = new Map<number, LogicalCpu[]>();
  for (const cpu of cpus) nodes.set(cpu.node, [...(nodes.get(cpu.node) ?? []), cpu]);
  return [...nodes.values()];
}
