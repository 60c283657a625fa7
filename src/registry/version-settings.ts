import type { BatchPolicy } from '../batching/batcher.js';
import type { ParallelSettings } from '../workers/ranks/rank-plan.js';

/** What holds for one model version; see docs/configuration.md for where each may be set. */
export interface VersionSettings extends ParallelSettings {
  readonly runtime: string;
  /** As the manifest or the register call has it; empty where neither does. */
  readonly handler: string;
  readonly envelope: string;
  readonly batchSize: number;
  readonly maxBatchDelayMs: number;
  readonly batchPolicy: BatchPolicy;
  readonly queueCapacity: number;
  readonly responseTimeoutSeconds: number;
  readonly startupTimeoutSeconds: number;
  /** How long a failing worker is tried again; 0: never. */
  readonly maxRetryTimeoutSeconds: number;
  /** 0: none. */
  readonly clientTimeoutMs: number;
  readonly deviceType: 'cpu' | 'gpu';
  /** null: all of the machine. */
  readonly deviceIds: readonly number[] | null;
  readonly continuousBatching: boolean;
  readonly asyncCommunication: boolean;
  readonly useJobTicket: boolean;
  readonly useVenv: boolean;
  /** Whether workers are forked from a process that has loaded the model. */
  readonly forksAfterLoad: boolean;
  readonly stateful: boolean;
  readonly sequenceMaxIdleMs: number;
  readonly sequenceTimeoutMs: number;
  readonly maxNumSequence: number;
  readonly maxSequenceJobQueueSize: number;
  /** Routes of OpenAI's API that it answers; null: the handler says it. */
  readonly openaiRoutes: readonly string[] | null;
}
