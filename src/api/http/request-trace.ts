import type { IncomingMessage } from 'node:http';
import type { Attributes, CallTrace, Tracing } from '../../observability/tracing/tracing.js';
import type { RoutedRequest } from './exchange.js';

/** Begins the trace of a request, in the caller's own where its headers name one. @param route as the router spells it */
export function beginTrace(tracing: Tracing, request: RoutedRequest, route: string): CallTrace {
  const method = request.originalMethod ?? '';
  const protocol = { 'http.request.method': method, 'network.protocol.version': request.httpVersion };
  return begin(tracing, request, route, method, protocol);
}

/** Begins the trace of a message that came over a WebSocket, in the caller's own where the headers of the handshake name one. */
export function beginMessageTrace(tracing: Tracing, handshake: RoutedRequest, route: string): CallTrace {
  return begin(tracing, handshake, route, 'WebSocket', { 'network.protocol.name': 'websocket' });
}

function begin(tracing: Tracing, request: RoutedRequest, route: string, verb: string, protocol: Attributes): CallTrace {
  const { remoteAddress } = request.socket;
  return tracing.begin({
    name: `${verb} ${route}`,
    attributes: {
      ...protocol,
      'http.route': route,
      'url.path': (request.originalUrl ?? request.url ?? '').split('?', 1)[0] as string,
      ...(remoteAddress !== undefined && { 'client.address': remoteAddress }),
    },
    sent: { traceparent: single(request, 'traceparent'), tracestate: single(request, 'tracestate') },
  });
}

function single({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}
