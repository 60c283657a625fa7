import type { Metadata } from '@grpc/grpc-js';
import type { CallTrace, Tracing } from '../../observability/tracing/tracing.js';

/** Under this key a call's metadata carry its trace from the interceptor to the method; it never leaves the process. */
const key = 'torchbridge.trace';

/** Begins the trace of a call, in the caller's own where its metadata name one. @param method `package.Service/Method` */
export function beginTrace(tracing: Tracing, method: string, metadata: Metadata): CallTrace {
  const slash = method.indexOf('/');
  const trace = tracing.begin({
    name: method,
    attributes: {
      'rpc.system': 'grpc',
      'rpc.service': method.slice(0, slash),
      'rpc.method': method.slice(slash + 1),
    },
    sent: { traceparent: textOf(metadata, 'traceparent'), tracestate: textOf(metadata, 'tracestate') },
  });
  metadata.setOpaque(key, trace);
  return trace;
}

/** The trace of a call; undefined where it has none. */
export function traceOf(metadata: Metadata): CallTrace | undefined {
  return metadata.getOpaque(key) as CallTrace | undefined;
}

function textOf(metadata: Metadata, name: string): string | undefined {
  const [value] = metadata.get(name);
  return value === undefined ? undefined : String(value);
}
