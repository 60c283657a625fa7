import { type Context, ROOT_CONTEXT, type Span, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api';
import { BatchSpans } from './batch-spans.js';
import type { ParentCall, SpanMaker } from './span-maker.js';
import { traceparentOf } from './traceparent.js';
import type { Attributes, BatchTrace, CallTrace, TracedRequest } from './tracing.js';
import { UntracedBatch } from './untraced-batch.js';
import { wallClock } from './wall-clock.js';

/** See CallTrace. */
export class CallSpan implements CallTrace, ParentCall {
  readonly traceparent: string;
  readonly sampled: boolean;
  readonly context: Context;
  readonly #span: Span;
  readonly #maker: SpanMaker;
  #model: Attributes = {};

  constructor(span: Span, maker: SpanMaker) {
    this.#span = span;
    this.#maker = maker;
    this.context = trace.setSpan(ROOT_CONTEXT, span);
    const context = span.spanContext();
    this.traceparent = traceparentOf(context);
    this.sampled = (context.traceFlags & TraceFlags.SAMPLED) !== 0;
  }

  get model(): Attributes {
    return this.#model;
  }

  servedBy(model: string, version: string): void {
    this.#model = { 'torchbridge.model.name': model, 'torchbridge.model.version': version };
    this.#span.setAttributes(this.#model);
  }

  begin(name: string, attributes: Attributes): CallTrace {
    const options = { startTime: wallClock(), attributes: { ...attributes } };
    return new CallSpan(this.#maker.tracer.startSpan(name, options, this.context), this.#maker);
  }

  answered(status: number): void {
    this.end({ 'http.response.status_code': status }, status >= 500 ? String(status) : null);
  }

  end(attributes: Attributes, failure: string | null): void {
    this.#span.setAttributes(attributes);
    if (failure !== null) this.#span.setStatus({ code: SpanStatusCode.ERROR, message: failure });
    this.#span.end(wallClock());
  }

  startBatch(requests: readonly TracedRequest[], resumed: number): BatchTrace {
    const kept = requests.some(({ input }) => (input.trace as CallSpan | undefined)?.sampled);
    return kept ? new BatchSpans(requests, resumed, this.#maker) : new UntracedBatch(this.#span.spanContext());
  }
}
