import type { TraceContext } from '../../generated/torchbridge/worker/v1/TraceContext.js';
import { type BatchTrace, traceBatch } from '../../observability/tracing/tracing.js';
import { type BatchResult, Code, type DispatchedBatch } from './worker-link.js';

/** The traces of what one worker has in hand. */
export class LinkTraces {
  readonly #open = new Map<number, BatchTrace>();

  /** A batch goes to the worker. @returns what it is told of the trace; undefined where none of its requests is traced. */
  sent({ id, requests, resumed = 0 }: DispatchedBatch): TraceContext | undefined {
    const trace = traceBatch(requests, resumed);
    if (!trace) return undefined;
    this.#open.set(id, trace);
    return { traceparent: trace.traceparent, tracestate: trace.tracestate };
  }

  /** Its result came back. */
  answered({ batchId, code, message, elapsedUs, times }: BatchResult): void {
    const trace = this.#open.get(batchId);
    if (!trace) return;
    this.#open.delete(batchId);
    trace.finished(times ?? null, elapsedUs, code === Code.OK ? null : message);
  }

  /** Nothing more comes. */
  lost(): void {
    for (const trace of this.#open.values()) trace.lost('Worker died.');
    this.#open.clear();
  }
}
