import type { ModelConfig } from '../archive/archive.js';
import { ServingError } from '../errors/serving-error.js';
import { type ParallelSettings, rankPlan } from '../workers/ranks/rank-plan.js';

/** What the yaml says of workers of several processes. @throws ServingError invalidModel where it contradicts itself. */
export function resolveParallel(yaml: ModelConfig): ParallelSettings {
  const settings = {
    parallelType: yaml.parallelType ?? '',
    parallelLevel: yaml.parallelLevel ?? 0,
    torchrun: yaml.torchrun ?? null,
  };
  const fault = rankPlan(settings) === null ? null : contradiction(settings);
  if (fault !== null) throw new ServingError('invalidModel', fault);
  return settings;
}

function contradiction({ parallelLevel, torchrun }: ParallelSettings): string | null {
  if (torchrun === null) return null;
  const { nnodes, nprocPerNode, rendezvous } = torchrun;
  if (parallelLevel !== nprocPerNode)
    return `parallelLevel ${parallelLevel} and nproc-per-node ${nprocPerNode} of torchrun differ: both are the number of processes of a worker.`;
  const meeting = rendezvous['rdzv-backend'] === 'static' ? 'master-addr' : 'rdzv-endpoint';
  return nnodes > 1 && rendezvous['rdzv-endpoint'] === undefined && rendezvous[meeting] === undefined
    ? `torchrun with nnodes ${nnodes} needs ${meeting}, at which the machines find each other.`
    : null;
}
