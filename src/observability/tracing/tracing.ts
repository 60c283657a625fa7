/** What traces are made of, for those who hand them on. Where tracing is off there are none, and nothing is done for them. */

/** Names and values that a span carries. */
export type Attributes = Readonly<Record<string, string | number>>;

/** W3C trace context, as its two headers have it. */
export interface TraceHeaders {
  readonly traceparent: string;
  /** Empty where there is none. */
  readonly tracestate: string;
}

/** A call as it came through a front door. */
export interface IncomingCall {
  /** Of its span: `POST /predictions/:model_name`, `package.Service/Method`. */
  readonly name: string;
  readonly attributes: Attributes;
  /** What the caller sent of its own trace, unchecked. */
  readonly sent: Readonly<Partial<Record<'traceparent' | 'tracestate', string | undefined>>>;
}

/** Makes the spans of calls. */
export interface Tracing {
  /** Begins the span of a call: in the caller's trace where it sent one, else in a trace of its own. */
  begin(call: IncomingCall): CallTrace;
  /** Sends what is still to be sent, for a few seconds at most. Safe to call once. */
  close(): Promise<void>;
}

/** The span of a call, which travels with the request that comes of it. */
export interface CallTrace {
  /** `traceparent` of this span. */
  readonly traceparent: string;
  /** Which model answers it. */
  servedBy(model: string, version: string): void;
  /** Begins the span of a part of it: what comes of that is beneath that span. */
  begin(name: string, attributes: Attributes): CallTrace;
  /** Ends it with the status of an HTTP answer, which says whether this side is to blame. */
  answered(status: number): void;
  /** Ends it. @param failure what went wrong on this side, in a word or a sentence; null where nothing did. */
  end(attributes: Attributes, failure: string | null): void;
  /** A worker takes requests, this call's among them. @param resumed so many of the first were with it before. */
  startBatch(requests: readonly TracedRequest[], resumed: number): BatchTrace;
}

/** A request, as far as its spans go. */
export interface TracedRequest {
  readonly input: { readonly requestId: string; readonly trace?: CallTrace | undefined };
  /** performance.now() at admission. */
  readonly arrivedAt: number;
  /** performance.now() when a worker took it. */
  readonly dispatchedAt: number;
}

/** When a worker did what; in microseconds, since 1970 where it says so. */
export interface WorkTimes {
  readonly beganUnixUs: number;
  readonly handlerBeganUnixUs: number;
  /** 0 where the handler was not called. */
  readonly handlerUs: number;
}

/** The spans of a batch on its way through a worker. One of the ends has to be called, once. */
export interface BatchTrace extends TraceHeaders {
  /** It came back. @param failure what the callers were told, null where it went well. */
  finished(times: WorkTimes | null, elapsedUs: number, failure: string | null): void;
  /** It did not come back. @param reason in a sentence */
  lost(reason: string): void;
}

/**
 * Begins the spans of a batch that a worker takes; undefined where none of its requests is traced.
 * @param resumed so many of the first requests were with the worker before, and go on.
 */
export function traceBatch(requests: readonly TracedRequest[], resumed: number): BatchTrace | undefined {
  return requests.find(({ input }) => input.trace !== undefined)?.input.trace?.startBatch(requests, resumed);
}
