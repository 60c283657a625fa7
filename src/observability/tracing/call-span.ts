import { type Context, ROOT_CONTEXT, type Span, SpanStatusCode, trace } from '@opentelemetry/api';
import { BatchSpans } from './batch-spans.js';
import type { ParentCall, SpanMaker } from './span-maker.js';
import { traceparentOf } from './traceparent.js';
import type { Attributes, BatchTrace, CallTrace, TracedRequest } from './tracing.js';
import { wallClock } from './wall-clock.js';

/** See CallTrace. */
export class CallSpan implements CallTrace, ParentCall {
  readonly traceparent: string;
  readonly context: Context;
  readonly #span: Span;
  readonly #maker: SpanMaker;
  #model: Attributes = {};

  constructor(span: Span, maker: SpanMaker) {
    this.#span = span;
    this.#maker = maker;
    this.context = trace.setSpan(ROOT_CONTEXT, span);
    this.traceparent = traceparentOf(span.spanContext());
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
    return new BatchSpans(requests, resumed, this.#maker);
  }
}
