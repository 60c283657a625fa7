import type { BatchPolicy } from '../batching/batcher.js';
import type { Target } from '../registry/target.js';

/** A register call, checked and typed. Absent means that the caller said nothing, so that lower layers may speak. */
export interface RegisterOptions {
  readonly url: string;
  readonly modelName?: string;
  readonly handler?: string;
  readonly runtime?: 'python' | 'python3' | 'LSP';
  readonly batchSize?: number;
  readonly maxBatchDelayMs?: number;
  readonly batchPolicy?: BatchPolicy;
  readonly initialWorkers?: number;
  readonly responseTimeoutSeconds?: number;
  readonly startupTimeoutSeconds?: number;
  /** Wait until the workers are ready. */
  readonly synchronous: boolean;
  /** Sign the download of an S3 object with the AWS_* variables of the environment. */
  readonly s3SseKms: boolean;
  /** Whether the workers follow the load. */
  readonly autoscale?: boolean;
}

/** What is known of a register call, whoever makes it. */
export type Asked = { readonly [name in keyof RegisterOptions]?: RegisterOptions[name] | undefined };

export interface RegisterOutcome {
  readonly model: string;
  readonly version: string;
  /** Workers asked for. */
  readonly workers: number;
  /** False: they are still starting (an asynchronous call with workers). */
  readonly done: boolean;
}

export interface ScaleOptions {
  readonly minWorkers: number;
  readonly maxWorkers: number;
  readonly synchronous: boolean;
  /** Switches autoscaling on or off; absent: as it is. */
  readonly autoscale?: boolean;
}

/** `partial`: fewer workers than asked for are running and none was newly started (HTTP 206). */
export type ScaleOutcome = 'done' | 'processing' | 'partial';

/** The only code that changes the registry and the sizes of pools. Every method throws ServingError. */
export interface Lifecycle {
  register(options: RegisterOptions): Promise<RegisterOutcome>;
  scale(target: Target, options: ScaleOptions): Promise<ScaleOutcome>;
  unregister(target: Target): Promise<void>;
  setDefault(model: string, version: string): Promise<void>;
}

/** A register call for a workflow, checked and typed; absent means that the caller said nothing. */
export interface WorkflowOptions {
  readonly url: string;
  /** Absent: the one in the archive. */
  readonly workflowName?: string | undefined;
  /** Of every node. */
  readonly responseTimeoutSeconds?: number | undefined;
  readonly startupTimeoutSeconds?: number | undefined;
  /** Sign downloads of S3 objects, the workflow's and its models', with the AWS_* variables of the environment. */
  readonly s3SseKms: boolean;
}

/** The only code that changes which workflows there are. Every method throws ServingError. */
export interface WorkflowChanges {
  /** Resolves with the workflow's name once the workers of all its nodes are ready; where one fails, none stays. */
  register(options: WorkflowOptions): Promise<string>;
  /** Resolves once what was on its way is answered, and every node is gone. */
  unregister(name: string): Promise<void>;
}
