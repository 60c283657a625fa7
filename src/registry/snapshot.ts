import type { WorkerSnapshot, WorkerState } from '../workers/worker-state.js';

export type { WorkerSnapshot, WorkerState };

/** One model version at one moment: plain data, safe to keep. */
export interface VersionSnapshot {
  readonly modelName: string;
  readonly version: string;
  readonly isDefault: boolean;
  /** As it was registered. */
  readonly url: string | null;
  readonly runtime: string;
  readonly minWorkers: number;
  readonly maxWorkers: number;
  readonly batchSize: number;
  readonly maxBatchDelayMs: number;
  readonly responseTimeoutSeconds: number;
  readonly startupTimeoutSeconds: number;
  readonly maxRetryTimeoutSeconds: number;
  readonly clientTimeoutMs: number;
  readonly parallelType: string;
  readonly parallelLevel: number;
  readonly deviceType: 'cpu' | 'gpu';
  readonly deviceIds: readonly number[] | null;
  readonly continuousBatching: boolean;
  readonly useJobTicket: boolean;
  readonly useVenv: boolean;
  readonly stateful: boolean;
  readonly sequenceMaxIdleMs: number;
  readonly sequenceTimeoutMs: number;
  readonly maxNumSequence: number;
  readonly maxSequenceJobQueueSize: number;
  readonly loadedAtStartup: boolean;
  readonly workers: readonly WorkerSnapshot[];
  /** How many more requests could wait. */
  readonly remainingCapacity: number;
  readonly pendingRequests: number;
  /** Why a worker of it last failed, or null. */
  readonly lastError: string | null;
}
