import type { SpanContext } from '@opentelemetry/api';
import { traceparentOf } from './traceparent.js';
import type { BatchTrace } from './tracing.js';

/** A batch of requests none of which is sampled: it has no spans, but its handler has to know, to make none either. */
export class UntracedBatch implements BatchTrace {
  readonly traceparent: string;
  readonly tracestate: string;

  constructor(call: SpanContext) {
    this.traceparent = traceparentOf(call);
    this.tracestate = call.traceState?.serialize() ?? '';
  }

  finished(): void {}

  lost(): void {}
}
