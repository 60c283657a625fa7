import { type Span, SpanStatusCode, trace } from '@opentelemetry/api';
import type { ParentCall, SpanMaker } from './span-maker.js';
import { traceparentOf } from './traceparent.js';
import type { BatchTrace, TracedRequest, WorkTimes } from './tracing.js';
import { wallClock } from './wall-clock.js';

/** One sampled request of a batch: its call, and its share of the batch. */
interface Share {
  readonly call: ParentCall;
  readonly span: Span;
}

/**
 * The spans of a batch. Each sampled request has, in its own trace and beneath its call, one in which it waited (`queue`)
 * and one in which a worker had it (`batch`). The worker's work is done once for all of them, so `worker` and `handler` are
 * in one trace, the first of them; they link to the other requests' batches, and those link back.
 */
export class BatchSpans implements BatchTrace {
  readonly traceparent: string;
  readonly tracestate: string;
  readonly #maker: SpanMaker;
  readonly #main: Share;
  readonly #others: readonly Share[];
  readonly #handlerId: string;
  readonly #sentAt: number;

  /**
   * @param requests one of them is sampled, or more.
   * @param resumed so many of the first requests were with the worker before, and have waited already.
   */
  constructor(requests: readonly TracedRequest[], resumed: number, maker: SpanMaker) {
    this.#maker = maker;
    this.#sentAt = wallClock();
    const shares = requests.flatMap((request, index) => {
      const call = request.input.trace as unknown as ParentCall | undefined;
      return call?.sampled ? [this.#share(call, request, index < resumed, requests.length)] : [];
    });
    const [main, ...others] = shares;
    this.#main = main as Share;
    this.#others = others;
    const context = this.#main.span.spanContext();
    this.#handlerId = maker.ids.promise();
    this.traceparent = traceparentOf({ ...context, spanId: this.#handlerId });
    this.tracestate = context.traceState?.serialize() ?? '';
  }

  finished(times: WorkTimes | null, elapsedUs: number, failure: string | null): void {
    const began = times ? times.beganUnixUs / 1000 : this.#sentAt;
    const handlerBegan = times?.handlerUs ? times.handlerBeganUnixUs / 1000 : began;
    this.#work(began, began + elapsedUs / 1000, handlerBegan, (times?.handlerUs || elapsedUs) / 1000, failure);
  }

  lost(reason: string): void {
    const now = wallClock();
    this.#work(this.#sentAt, now, this.#sentAt, now - this.#sentAt, reason);
  }

  #share(call: ParentCall, { input, arrivedAt, dispatchedAt }: TracedRequest, resumed: boolean, size: number): Share {
    const { tracer } = this.#maker;
    const taken = resumed ? wallClock() : wallClock(dispatchedAt);
    if (!resumed)
      tracer.startSpan('queue', { startTime: wallClock(arrivedAt), attributes: call.model }, call.context).end(taken);
    const attributes = {
      ...call.model,
      'torchbridge.batch.size': size,
      'torchbridge.request.id': input.requestId,
    };
    return { call, span: tracer.startSpan('batch', { startTime: taken, attributes }, call.context) };
  }

  /** All times in ms, since 1970 but for the last. */
  #work(began: number, ended: number, handlerBegan: number, handlerMs: number, failure: string | null): void {
    const { tracer, ids } = this.#maker;
    const { call, span } = this.#main;
    const links = this.#others.map((other) => ({ context: other.span.spanContext() }));
    const attributes = call.model;
    const worker = tracer.startSpan(
      'worker',
      { startTime: began, attributes, links },
      trace.setSpan(call.context, span),
    );
    ids.redeem(this.#handlerId);
    const beneath = trace.setSpan(call.context, worker);
    const handler = tracer.startSpan('handler', { startTime: handlerBegan, attributes, links }, beneath);
    end(handler, handlerBegan + handlerMs, failure);
    end(worker, ended, failure);
    for (const other of this.#others) other.span.addLink({ context: worker.spanContext() });
    for (const share of [this.#main, ...this.#others]) end(share.span, wallClock(), failure);
  }
}

function end(span: Span, at: number, failure: string | null): void {
  if (failure !== null) span.setStatus({ code: SpanStatusCode.ERROR, message: failure });
  span.end(at);
}
