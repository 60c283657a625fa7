import type { SpanContext } from '@opentelemetry/api';

/** The W3C header of a span, or of another one in its trace. */
export function traceparentOf({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}
