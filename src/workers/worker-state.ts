/**
 * Life of a worker:
 * starting (a process is being made and dials home) → loading (the handler initialises) → ready → draining (takes
 * nothing new, answers what it has) → stopped. A failure leads to restarting (waits for its next try) or, when the
 * retry window has passed, to failed, from which it does not come back. `api` maps these to TorchServe's words.
 */
export type WorkerState = 'starting' | 'loading' | 'ready' | 'draining' | 'restarting' | 'failed' | 'stopped';

/** One worker at one moment. */
export interface WorkerSnapshot {
  /** "9000" upwards; kept across restarts. */
  readonly id: string;
  readonly startTime: Date;
  readonly state: WorkerState;
  /** Resident bytes; 0 where unknown. */
  readonly memoryBytes: number;
  /** -1 while there is no process. */
  readonly pid: number;
  /** null on the CPU. */
  readonly gpuId: number | null;
  /** Why it last failed; null if it never did, or loaded since. */
  readonly lastError: string | null;
}
