import { z } from 'zod';

/** The `torchrun` block of model-config.yaml: how the ranks of a worker are started. */
export interface TorchrunSettings {
  /** Machines over which the ranks are spread; 1 by default. */
  readonly nnodes: number;
  /** Ranks on this machine; 1 by default. */
  readonly nprocPerNode: number;
  /** Threads of each rank (OMP_NUM_THREADS); null: its share of the worker's share of the cores. */
  readonly ompNumberThreads: number | null;
  /** How several machines find each other; one machine needs none of it. */
  readonly rendezvous: Rendezvous;
}

/** Options of torchrun by their names, without the dashes in front; absent: torchrun's own default. */
export interface Rendezvous {
  /** `c10d` by default. */
  readonly 'rdzv-backend': string;
  readonly 'rdzv-endpoint'?: string | undefined;
  readonly 'rdzv-conf'?: string | undefined;
  readonly 'rdzv-id'?: string | undefined;
  readonly 'node-rank'?: number | undefined;
  readonly 'master-addr'?: string | undefined;
  readonly 'master-port'?: number | undefined;
}

const shape = {
  nnodes: z.int32().min(1).default(1),
  'nproc-per-node': z.int32().min(1).default(1),
  OMP_NUMBER_THREADS: z.int32().min(1).optional(),
  'rdzv-backend': z.string().default('c10d'),
  'rdzv-endpoint': z.string().optional(),
  'rdzv-conf': z.string().optional(),
  'rdzv-id': z.coerce.string().optional(),
  'node-rank': z.int32().min(0).optional(),
  'master-addr': z.string().optional(),
  'master-port': z.int32().min(1).max(65_535).optional(),
  // TorchServe reads it and makes nothing of it. The link to each rank tells at once that one is gone.
  'monitor-interval': z.number().optional(),
};

/** Reads the block, whose keys without a value were left out. */
export const torchrunBlock = z.object(shape).transform((block): TorchrunSettings => {
  const { nnodes, 'nproc-per-node': nprocPerNode, OMP_NUMBER_THREADS, 'monitor-interval': _, ...rendezvous } = block;
  return { nnodes, nprocPerNode, ompNumberThreads: OMP_NUMBER_THREADS ?? null, rendezvous };
});

/** What the block takes. */
export const torchrunBlockTakes =
  'a mapping with nnodes, nproc-per-node, OMP_NUMBER_THREADS, node-rank and master-port (integers), rdzv-backend, rdzv-endpoint, rdzv-conf, rdzv-id and master-addr (text)';

/** Keys of a block that mean nothing here, such as `max-restarts`: the server starts the ranks again by itself. */
export function unsupportedTorchrunKeys(block: unknown): string[] {
  return Object.keys(block as object).filter((key) => !Object.hasOwn(shape, key));
}
