import type { Metadata } from '@grpc/grpc-js';
import type { CallTrace, Tracing } from '../../observability/tracing/tracing.js';

/** The value of one of the caller's metadata. */
export type SentValue = (name: string) => string | undefined;

/** What carries the trace of a call to its method. */
export type TraceCarrier = Pick<Metadata, 'getOpaque'>;

/** Under this key a call's metadata carry its trace from the door to the method; it never leaves the process. */
const key = 'torchbridge.trace';

/** Begins the trace of a call, in the caller's own where its metadata name one. @param method `package.Service/Method` */
export function beginTrace(tracing: Tracing, method: string, sent: SentValue): CallTrace {
  const slash = method.indexOf('/');
  return tracing.begin({
    name: method,
    attributes: {
      'rpc.system': 'grpc',
      'rpc.service': method.slice(0, slash),
      'rpc.method': method.slice(slash + 1),
    },
    sent: { traceparent: sent('traceparent'), tracestate: sent('tracestate') },
  });
}

/** Has the metadata of a call carry its trace, where it has one. */
export function carryTrace(metadata: Metadata, trace: CallTrace | null): void {
  if (trace !== null) metadata.setOpaque(key, trace);
}

/** The trace of a call; undefined where it has none. */
export function traceOf(metadata: TraceCarrier): CallTrace | undefined {
  return metadata.getOpaque(key) as CallTrace | undefined;
}

/** The caller finds the trace behind the answer. */
export function nameTrace(trailers: Metadata, { traceparent }: CallTrace): void {
  trailers.set('traceparent', traceparent);
}
