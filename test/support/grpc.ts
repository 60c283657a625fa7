import { join } from 'node:path';
import {
  type ChannelCredentials,
  type Client,
  credentials,
  loadPackageDefinition,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { projectRoot } from './release.js';

/** What a unary call ended with. */
export interface CallResult {
  /** Number of the gRPC status. */
  readonly code: number;
  readonly details: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into messages of many shapes
  readonly message: any;
  /** The last value of each key behind the answer. */
  readonly trailers: Record<string, string>;
}

/** A client of one service, made from the files in proto/ as any user would. */
export class GrpcClient {
  // biome-ignore lint/suspicious/noExplicitAny: methods are made from the file
  readonly stub: any;

  /**
   * @param service full name, `package.Service`.
   * @param file of proto/.
   * @param address `host:port`.
   */
  constructor(
    service: string,
    file: string,
    address: string,
    channel: ChannelCredentials = credentials.createInsecure(),
    options = {},
  ) {
    const definition = loadSync(file, {
      includeDirs: [join(projectRoot, 'proto')],
      keepCase: true,
      longs: String,
      enums: String,
      defaults: true,
      arrays: true,
    });
    // biome-ignore lint/suspicious/noExplicitAny: a tree of packages
    let found: any = loadPackageDefinition(definition);
    for (const part of service.split('.')) found = found[part];
    this.stub = new found(address, channel, options);
  }

  /** A unary call; never rejects. */
  call(method: string, request: object = {}, { metadata = {}, timeoutMs = 30_000 } = {}): Promise<CallResult> {
    return new Promise((resolve) => {
      let trailers = new Metadata();
      const call = this.stub[method](
        request,
        metadataOf(metadata),
        { deadline: Date.now() + timeoutMs },
        (error: ServiceError | null, message: unknown) => {
          // The status event comes first where there is an error, last where there is none.
          setImmediate(() =>
            resolve({
              code: error?.code ?? 0,
              details: error?.details ?? '',
              message,
              trailers: plain(error?.metadata ?? trailers),
            }),
          );
        },
      );
      call.on('status', (status: { metadata: Metadata }) => {
        trailers = status.metadata;
      });
    });
  }

  /** An empty message to any path, whatever the service has; never rejects. */
  callPath(path: string): Promise<Pick<CallResult, 'code' | 'details'>> {
    const empty = () => Buffer.alloc(0);
    return new Promise((resolve) => {
      (this.stub as Client).makeUnaryRequest(path, empty, empty, {}, (error) =>
        resolve({ code: error?.code ?? 0, details: error?.details ?? '' }),
      );
    });
  }

  close(): void {
    (this.stub as Client).close();
  }
}

export function metadataOf(entries: Readonly<Record<string, string>>): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(entries)) metadata.set(name, value);
  return metadata;
}

export function plain(metadata: Metadata): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata.getMap()).map(([name, value]) => [name, String(value)]));
}

/** Everything that a stream brings, and how it ends. */
export function collect<Message>(
  stream: NodeJS.EventEmitter,
): Promise<{ messages: Message[]; code: number; details: string; trailers: Record<string, string> }> {
  return new Promise((resolve) => {
    const messages: Message[] = [];
    stream.on('data', (message: Message) => messages.push(message));
    stream.on('error', () => {});
    stream.on('status', ({ code, details, metadata }: { code: number; details: string; metadata: Metadata }) =>
      setImmediate(() => resolve({ messages, code, details, trailers: plain(metadata) })),
    );
  });
}

const inferenceName = 'org.pytorch.serve.grpc.inference.InferenceAPIsService';
const managementName = 'org.pytorch.serve.grpc.management.ManagementAPIsService';

export function inferenceClient(address: string, channel?: ChannelCredentials, options = {}): GrpcClient {
  return new GrpcClient(inferenceName, 'inference.proto', address, channel, options);
}

export function managementClient(address: string, channel?: ChannelCredentials, options = {}): GrpcClient {
  return new GrpcClient(managementName, 'management.proto', address, channel, options);
}
