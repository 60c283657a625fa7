import { type Server, type ServerDuplexStream, status } from '@grpc/grpc-js';

/** What grpc-js keeps of a method; of one that there is not, nothing is read. */
interface MethodEntry {
  readonly func: (call: ServerDuplexStream<unknown, unknown>) => void;
  readonly serialize: () => Buffer;
  readonly deserialize: () => null;
  readonly type: 'bidi';
  readonly path: string;
}

/** Where grpc-js looks methods up: no public part of it. */
interface Lookup {
  _retrieveHandler?(path: string): unknown;
}

const readNothing = (): null => null;

/**
 * Calls to methods that there are not pass the interceptors too, so that they are logged and counted like others.
 * grpc-js has no door for that; where a later one looks methods up otherwise, it answers such calls by itself again, and a
 * test tells.
 */
export function answerUnknownMethods(server: Server): void {
  const lookup = server as unknown as Lookup;
  const find = lookup._retrieveHandler?.bind(server);
  if (find) lookup._retrieveHandler = (path) => find(path) ?? unknownMethod(path);
}

/** Whether a call is to a method that there is not, given how its messages are read. */
export function isUnknown({ requestDeserialize }: { readonly requestDeserialize: unknown }): boolean {
  return requestDeserialize === readNothing;
}

function unknownMethod(path: string): MethodEntry {
  return {
    func: (call) =>
      void call.emit('error', { code: status.UNIMPLEMENTED, details: `Method not found: ${path.slice(1)}` }),
    serialize: () => Buffer.alloc(0),
    deserialize: readNothing,
    type: 'bidi',
    path,
  };
}
