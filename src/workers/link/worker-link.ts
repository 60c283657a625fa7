import type { PendingRequest } from '../../batching/pending-request.js';
import type { Code__Output } from '../../generated/torchbridge/worker/v1/Code.js';
import type { Load } from '../../generated/torchbridge/worker/v1/Load.js';
import type { Metric__Output } from '../../generated/torchbridge/worker/v1/Metric.js';
import type { WorkTimes } from '../../observability/tracing/tracing.js';
import type { CpuAllotment } from '../cpu/cpu-share.js';

/** The words of proto/worker.proto that others than the link speak. */
export { Code } from '../../generated/torchbridge/worker/v1/Code.js';
export { MetricType } from '../../generated/torchbridge/worker/v1/MetricType.js';
export type ResultCode = Code__Output;
export type { Load };
/** What a handler recorded with ts.metrics. */
export type Metric = Metric__Output;

/** What one request of a batch got back. */
export interface WorkerAnswer {
  /** 0 means 200. */
  readonly status: number;
  readonly phrase: string;
  readonly headers: string[];
  readonly body: Uint8Array;
}

/** A batch on its way to a worker. */
export interface DispatchedBatch {
  readonly id: number;
  readonly requests: readonly PendingRequest[];
  /** So many of the first requests were in an earlier batch already: the worker has their parameters. 0 unless told. */
  readonly resumed?: number;
}

/** The one result of a batch. */
export interface BatchResult {
  readonly batchId: number;
  readonly code: ResultCode;
  readonly status: number;
  readonly message: string;
  readonly answers: WorkerAnswer[];
  readonly elapsedUs: number;
  /** When what was done, of a batch that is traced. */
  readonly times?: WorkTimes | null;
}

/** How a load ended. */
export interface LoadOutcome {
  readonly code: ResultCode;
  readonly message: string;
  /** Routes of OpenAI's API that the handler declares, as its `url_path` names them: `v1/chat/completions`. */
  readonly openaiRoutes?: readonly string[];
  /** What requests on these routes may call the model beside its registered name. */
  readonly openaiModels?: readonly string[];
}

/** What a worker says. Calls come in the order in which the worker said it; `closed` comes last, once. */
export interface LinkListener {
  loaded(outcome: LoadOutcome): void;
  result(result: BatchResult): void;
  piece(batchId: number, index: number, answer: WorkerAnswer): void;
  metrics(metrics: readonly Metric[]): void;
  /** The stream is over, whoever ended it. */
  closed(): void;
}

/** One live Python process, as the rest of the frontend sees it. The gRPC one and the tests' fake keep one contract. */
export interface WorkerLink {
  /** Process id, as the worker told it. */
  readonly pid: number;
  /** Must be called once, before anything else. */
  listen(listener: LinkListener): void;
  load(load: Load, allotment: CpuAllotment): void;
  /** Batches for the worker to run one after the other. */
  send(batches: readonly DispatchedBatch[]): void;
  cancel(batchId: number, indices: readonly number[]): void;
  /** The caller of a request has read so many more bytes of its streamed result. */
  acknowledge(batchId: number, index: number, readBytes: number): void;
  tune(allotment: CpuAllotment): void;
  /** Asks the worker to finish what it has and to exit. */
  shutdown(): void;
  /** Ends the stream at once. Its process must be gone: what it was given to read may be given to others. */
  close(): void;
}
