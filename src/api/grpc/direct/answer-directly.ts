import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Server } from '@grpc/grpc-js';
import type { ServedApi } from '../served-api.js';
import { DirectCall, type DirectCallOptions, type DirectMethod } from './direct-call.js';

/** Where grpc-js takes a call: no public part of it. */
interface Taking {
  _streamHandler?(interceptors: unknown, stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void;
}

/**
 * Has unary calls of these services answered by `DirectCall`, where nothing about them is out of the ordinary; grpc-js, which
 * spends about a sixth more on each (docs/performance.md), answers compressed ones, all others, and keeps the connections. Where a
 * later grpc-js has no such place, it answers them all, and a test tells.
 */
export function answerDirectly(
  server: Server,
  { apis, ...options }: DirectCallOptions & { readonly apis: readonly ServedApi[] },
): void {
  const taking = server as unknown as Taking;
  const takeUsual = taking._streamHandler?.bind(server);
  if (!takeUsual) return;
  const methods = new Map(apis.flatMap(unaryMethods).map((method) => [method.path, method]));
  taking._streamHandler = (interceptors, stream, headers) => {
    const method = isOrdinary(headers) ? methods.get(headers[':path'] as string) : undefined;
    if (method === undefined) takeUsual(interceptors, stream, headers);
    else new DirectCall(stream, headers, method, options);
  };
}

function unaryMethods({ service, methods }: ServedApi): DirectMethod[] {
  return Object.entries(service)
    .filter(([, { requestStream, responseStream }]) => !requestStream && !responseStream)
    .map(([name, { path, requestDeserialize, responseSerialize }]) => ({
      path,
      deserialize: requestDeserialize,
      serialize: responseSerialize,
      handle: methods[name] as unknown as DirectMethod['handle'],
    }));
}

/** Whether a call sends its message as it is, and wants the answer like that. */
function isOrdinary(headers: IncomingHttpHeaders): boolean {
  const { 'content-type': type, 'grpc-encoding': encoding = 'identity' } = headers;
  return (
    headers[':method'] === 'POST' &&
    (type === 'application/grpc' || type === 'application/grpc+proto') &&
    encoding === 'identity'
  );
}
