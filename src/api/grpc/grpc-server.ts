import { type ChannelOptions, Server, type ServerCredentials } from '@grpc/grpc-js';
import type { PackageDefinition } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { StartupError } from '../../errors/startup-error.js';
import type { CallRecordOptions } from './call-record.js';
import { answerDirectly } from './direct/answer-directly.js';
import { HealthService } from './health-service.js';
import type { ServedApi } from './served-api.js';
import { tabulateStreams } from './session-streams.js';
import { answerUnknownMethods } from './unknown-methods.js';
import { watchCalls } from './watched-call.js';

/** What a server works with. */
export interface GrpcServerOptions {
  readonly host: string;
  readonly port: number;
  /** The keys of the configuration that say where it listens, for refusals. */
  readonly keys: { readonly host: string; readonly port: string };
  readonly credentials: ServerCredentials;
  readonly apis: readonly ServedApi[];
  /** What is asked of every call, and who is told of it. */
  readonly records: CallRecordOptions;
  readonly healthy: () => boolean;
  /** Bytes of a message, coming and going. */
  readonly maxRequestSize: number;
  readonly maxResponseSize: number;
  /** Milliseconds; null: no limit. */
  readonly maxConnectionAgeMs: number | null;
  readonly maxConnectionAgeGraceMs: number | null;
}

/** The shortest life that a connection may be given, in ms. */
const leastAgeMs = 1000;

/** One public gRPC server: its services, health and reflection, at one address. */
export class GrpcServer {
  readonly #server: Server;
  readonly #health: HealthService;
  readonly #options: GrpcServerOptions;
  #closed: Promise<void> | null = null;

  constructor(options: GrpcServerOptions) {
    const { apis, healthy } = options;
    this.#options = options;
    this.#server = new Server({ ...channelOptions(options), interceptors: [watchCalls(options.records)] });
    answerUnknownMethods(this.#server);
    tabulateStreams(this.#server);
    answerDirectly(this.#server, options);
    this.#health = new HealthService(
      apis.map(({ name }) => name),
      healthy,
    );
    for (const { service, methods } of apis) this.#server.addService(service, methods);
    this.#health.addTo(this.#server);
    const definition = Object.assign({}, ...apis.map((api) => api.definition)) as PackageDefinition;
    new ReflectionService(definition, { services: apis.map(({ name }) => name) }).addToServer(this.#server);
  }

  /** @returns the bound port. @throws StartupError naming the key whose address could not be bound. */
  async open(): Promise<number> {
    const { host, port, keys, credentials } = this.#options;
    const target = `${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}`;
    return new Promise((resolve, reject) => {
      this.#server.bindAsync(target, credentials, (error, bound) => {
        if (error) reject(new StartupError(`Failed to bind to address: ${target} (${whyNotBound(error, keys)}).`));
        else resolve(bound);
      });
    });
  }

  /** Takes no new calls, lets those in flight end within the grace (ms), and cuts the rest. Safe to call twice. */
  close(graceMs: number): Promise<void> {
    this.#closed ??= this.#shutDown(graceMs);
    return this.#closed;
  }

  async #shutDown(graceMs: number): Promise<void> {
    this.#health.close();
    let timer: NodeJS.Timeout | undefined;
    const grace = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, graceMs);
    });
    const ended = new Promise<void>((resolve) => this.#server.tryShutdown(() => resolve()));
    await Promise.race([ended, grace]);
    clearTimeout(timer);
    this.#server.forceShutdown();
  }
}

function channelOptions({
  maxRequestSize,
  maxResponseSize,
  maxConnectionAgeMs,
  maxConnectionAgeGraceMs,
}: GrpcServerOptions): ChannelOptions {
  return {
    'grpc.max_receive_message_length': maxRequestSize,
    'grpc.max_send_message_length': maxResponseSize,
    'grpc.enable_channelz': 0,
    ...(maxConnectionAgeMs !== null && { 'grpc.max_connection_age_ms': Math.max(leastAgeMs, maxConnectionAgeMs) }),
    ...(maxConnectionAgeGraceMs !== null && { 'grpc.max_connection_age_grace_ms': maxConnectionAgeGraceMs }),
  };
}

function whyNotBound({ message }: Error, keys: GrpcServerOptions['keys']): string {
  if (/EADDRINUSE/.test(message)) return `another process listens there; stop it, or set ${keys.port} to a free port`;
  if (/EACCES/.test(message)) return `this user may not bind it; set ${keys.port} to a port above 1023`;
  if (/EADDRNOTAVAIL|ENOTFOUND|EAI_AGAIN|resolution/i.test(message)) {
    return `this machine has no such address; set ${keys.host} to one of its own, or to 0.0.0.0 for all`;
  }
  return `${message}; see ${keys.host} and ${keys.port}`;
}
