import type { Rendezvous, TorchrunSettings } from '../../config/torchrun.js';

/** What a model says of workers that are more than one process, or use more than one GPU. */
export interface ParallelSettings {
  /** `pp`, `tp`, `pptp`, `custom`, or empty. */
  readonly parallelType: string;
  /** GPUs of a worker, and where torchrun starts it its processes; 0: not said. */
  readonly parallelLevel: number;
  /** null: the archive says nothing of it. */
  readonly torchrun: TorchrunSettings | null;
}

/** How a worker of several processes is made up. */
export interface RankPlan {
  /** Its processes on this machine. */
  readonly ranks: number;
  /** Whether every rank runs each batch; else the first alone does, and calls upon the others by itself (`pp`). */
  readonly inStep: boolean;
  /** Machines over which it is spread. */
  readonly nodes: number;
  /** Threads of each rank; null: its share. */
  readonly threads: number | null;
  readonly rendezvous: Rendezvous;
}

/** Whether a worker has GPUs for itself, as many as its parallel level. */
export function isParallel({ parallelType, parallelLevel }: ParallelSettings): boolean {
  return parallelType !== '' && parallelLevel > 0;
}

/** null where a worker is one process: `custom` leaves it to the handler, or the engine in it, to start others. */
export function rankPlan(settings: ParallelSettings): RankPlan | null {
  const { parallelType, parallelLevel, torchrun } = settings;
  if (!isParallel(settings) || parallelType === 'custom') return null;
  return {
    ranks: parallelLevel,
    inStep: parallelType !== 'pp',
    nodes: torchrun?.nnodes ?? 1,
    threads: torchrun?.ompNumberThreads ?? null,
    rendezvous: torchrun?.rendezvous ?? { 'rdzv-backend': 'c10d' },
  };
}
