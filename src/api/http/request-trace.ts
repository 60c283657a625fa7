import type { IncomingMessage } from 'node:http';
import type { CallTrace, Tracing } from '../../observability/tracing/tracing.js';
import type { RoutedRequest } from './exchange.js';

/** Begins the trace of a request, in the caller's own where its headers name one. @param route as the router spells it */
export function beginTrace(tracing: Tracing, request: RoutedRequest, route: string): CallTrace {
  const method = request.originalMethod ?? '';
  const { remoteAddress } = request.socket;
  return tracing.begin({
    name: `${method} ${route}`,
    attributes: {
      'http.request.method': method,
      'http.route': route,
      'url.path': (request.originalUrl ?? request.url ?? '').split('?', 1)[0] as string,
      'network.protocol.version': request.httpVersion,
      ...(remoteAddress !== undefined && { 'client.address': remoteAddress }),
    },
    sent: { traceparent: single(request, 'traceparent'), tracestate: single(request, 'tracestate') },
  });
}

function single({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}
