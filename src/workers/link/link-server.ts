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

/** A worker of several ranks that was started, none of which has dialled home yet. */
export interface ExpectedRanks extends Pick<Expected, 'token' | 'forget'> {
  /** Resolves, in the order of the ranks, when every one of them has said Hello with the token. */
  readonly links: Promise<readonly WorkerLink[]>;
}

/** Who was announced, and who of them came. */
interface Announced {
  readonly token: Buffer;
  readonly ranks: number;
  readonly links: Map<number, WorkerLink>;
  readonly complete: (links: readonly WorkerLink[]) => void;
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
  readonly #expected = new Map<string, Announced>();
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
    const { token, links, forget } = this.expectRanks(workerId, 1);
    return { token, link: links.then(([link]) => link as WorkerLink), forget };
  }

  /** Announces a worker of so many processes. */
  expectRanks(workerId: string, ranks: number): ExpectedRanks {
    const token = randomBytes(24).toString('base64url');
    const links = new Promise<readonly WorkerLink[]>((complete) => {
      this.#expected.set(workerId, { token: Buffer.from(token), ranks, links: new Map(), complete });
    });
    const entry = this.#expected.get(workerId);
    return {
      token,
      links,
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
    stream.once('data', ({ hello }: FromWorker__Output) => {
      const announced = hello ? this.#admit(hello) : null;
      if (!announced || !hello) {
        stream.emit('error', {
          code: status.UNAUTHENTICATED,
          details: 'this stream is for workers that were started by this server',
        });
        return;
      }
      announced.links.set(hello.rank, new GrpcLink(stream, hello, this.#memory));
      if (announced.links.size < announced.ranks) return;
      this.#expected.delete(hello.workerId);
      const byRank = [...announced.links].sort(([one], [other]) => one - other);
      announced.complete(byRank.map(([, link]) => link));
    });
  }

  /** A token is good for one stream of each rank. */
  #admit(hello: Hello__Output): Announced | null {
    const announced = this.#expected.get(hello.workerId);
    const token = Buffer.from(hello.token);
    if (!announced || token.length !== announced.token.length || !timingSafeEqual(token, announced.token)) return null;
    return announced.links.has(hello.rank) ? null : announced;
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
