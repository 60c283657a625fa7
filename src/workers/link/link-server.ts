import { randomBytes, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import { loadPackageDefinition, Server, ServerCredentials, type ServerDuplexStream, status } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { FromWorker__Output } from '../../generated/torchbridge/worker/v1/FromWorker.js';
import type { Hello__Output } from '../../generated/torchbridge/worker/v1/Hello.js';
import type { ToWorker } from '../../generated/torchbridge/worker/v1/ToWorker.js';
import type { WorkerLinkDefinition } from '../../generated/torchbridge/worker/v1/WorkerLink.js';
import type { ProtoGrpcType } from '../../generated/worker.js';
import { packageRoot } from '../package-root.js';
import type { SharedMemory } from '../shared-memory/shared-memory.js';
import { GrpcLink } from './grpc-link.js';
import type { WorkerLink } from './worker-link.js';

type Attach = ServerDuplexStream<FromWorker__Output, ToWorker>;

/** A worker that was started and has not dialled home yet. */
export interface Expected {
  /** Given to the worker; good for one stream. */
  readonly token: string;
  /** Resolves when the worker has said Hello with that token. */
  readonly link: Promise<WorkerLink>;
  /** The worker will not come: its token is void. */
  forget(): void;
}

/**
 * The frontend's end of all worker links: a gRPC server on a socket in the private run folder, or on a port of
 * 127.0.0.1. Workers dial home to it.
 */
export class LinkServer {
  readonly #server = new Server({
    'grpc.max_receive_message_length': -1,
    'grpc.max_send_message_length': -1,
    'grpc-node.max_session_memory': Number.MAX_SAFE_INTEGER,
  });
  readonly #expected = new Map<string, { token: Buffer; arrived: (link: WorkerLink) => void }>();
  readonly #memory: SharedMemory | null;
  #target: string;

  /**
   * @param runFolder a folder of mode 0700 that belongs to this server alone; null: TCP in place of a socket there.
   * @param onBytes told the size of every message.
   * @param memory what workers of this machine are offered to share; null: nothing.
   */
  constructor(
    runFolder: string | null,
    onBytes: (direction: 'to_worker' | 'from_worker', bytes: number) => void = () => {},
    memory: SharedMemory | null = null,
  ) {
    this.#memory = memory;
    this.#target = runFolder === null ? '127.0.0.1:0' : `unix:${join(runFolder, 'link.sock')}`;
    const types = loadPackageDefinition(
      loadSync('worker.proto', {
        includeDirs: [join(packageRoot, 'proto')],
        longs: Number,
        enums: Number,
        defaults: true,
        arrays: true,
        oneofs: true,
      }),
    ) as unknown as ProtoGrpcType;
    this.#server.addService(counted(types.torchbridge.worker.v1.WorkerLink.service, onBytes), {
      attach: (stream: Attach) => this.#attach(stream),
    });
  }

  /** gRPC target that workers connect to, once it listens. */
  get target(): string {
    return this.#target;
  }

  async listen(): Promise<void> {
    const port = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync(this.#target, ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      );
    });
    if (!this.#target.startsWith('unix:')) this.#target = `127.0.0.1:${port}`;
  }

  /** Announces a worker that is about to be started. */
  expect(workerId: string): Expected {
    const token = randomBytes(24).toString('base64url');
    const link = new Promise<WorkerLink>((resolve) => {
      this.#expected.set(workerId, { token: Buffer.from(token), arrived: resolve });
    });
    const entry = this.#expected.get(workerId);
    return {
      token,
      link,
      forget: () => {
        if (this.#expected.get(workerId) === entry) this.#expected.delete(workerId);
      },
    };
  }

  close(): void {
    this.#server.forceShutdown();
  }

  /** The first message decides who this is; anything but an expected worker's Hello is sent away. */
  #attach(stream: Attach): void {
    stream.on('error', () => stream.end());
    stream.once('data', (message: FromWorker__Output) => {
      const arrived = message.hello ? this.#admit(message.hello) : null;
      if (!arrived || !message.hello) {
        stream.emit('error', {
          code: status.UNAUTHENTICATED,
          details: 'this stream is for workers that were started by this server',
        });
        return;
      }
      arrived(new GrpcLink(stream, message.hello.pid, this.#memory));
    });
  }

  #admit(hello: Hello__Output): ((link: WorkerLink) => void) | null {
    const expected = this.#expected.get(hello.workerId);
    const token = Buffer.from(hello.token);
    if (!expected || token.length !== expected.token.length || !timingSafeEqual(token, expected.token)) return null;
    this.#expected.delete(hello.workerId);
    return expected.arrived;
  }
}

/** The same service, whose messages are counted where they are bytes anyway. */
function counted(
  service: WorkerLinkDefinition,
  onBytes: (direction: 'to_worker' | 'from_worker', bytes: number) => void,
): WorkerLinkDefinition {
  const { Attach } = service;
  return {
    ...service,
    Attach: {
      ...Attach,
      requestDeserialize: (bytes) => {
        onBytes('from_worker', bytes.length);
        return Attach.requestDeserialize(bytes);
      },
      responseSerialize: (message) => {
        const bytes = Attach.responseSerialize(message);
        onBytes('to_worker', bytes.length);
        return bytes;
      },
    },
  };
}
