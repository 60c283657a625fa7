import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { loadPackageDefinition, Server, ServerCredentials, type ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { projectRoot } from './release.js';

/** A span as it arrived; ids in hex. */
export interface ReceivedSpan {
  readonly service: string;
  readonly scope: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for a root. */
  readonly parentId: string;
  readonly name: string;
  readonly kind: number;
  /** Microseconds. */
  readonly start: number;
  readonly end: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Ids of the spans that it links to. */
  readonly links: readonly string[];
  readonly traceState: string;
  /** null where it is unset. */
  readonly error: string | null;
}

// biome-ignore lint/suspicious/noExplicitAny: a tree of packages
const types: any = loadPackageDefinition(
  loadSync(join(projectRoot, 'test/fixtures/otlp/trace.proto'), {
    longs: String,
    defaults: true,
    arrays: true,
    oneofs: true,
  }),
);
const service: ServiceDefinition = types.opentelemetry.proto.collector.trace.v1.TraceService.service;

/** What collectors do: takes traces by OTLP, over HTTP (protobuf) and over gRPC, and keeps them. */
export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = [];
  readonly headers: NodeJS.Dict<string | string[]>[] = [];
  readonly #http: HttpServer;
  readonly #grpc = new Server();
  #grpcPort = 0;

  private constructor() {
    this.#http = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const body = Buffer.concat(chunks);
      this.headers.push(request.headers);
      this.#take(
        service['Export']?.requestDeserialize(request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body),
      );
      response.writeHead(request.url === '/v1/traces' ? 200 : 404, { 'content-type': 'application/x-protobuf' }).end();
    });
    this.#grpc.addService(service, {
      Export: (call: { request: unknown }, respond: (error: null, answer: object) => void) => {
        this.#take(call.request);
        respond(null, {});
      },
    });
  }

  static async start(): Promise<OtlpReceiver> {
    const receiver = new OtlpReceiver();
    await new Promise<void>((resolve) => receiver.#http.listen(0, '127.0.0.1', resolve));
    receiver.#grpcPort = await new Promise((resolve, reject) =>
      receiver.#grpc.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
        error ? reject(error) : resolve(port),
      ),
    );
    return receiver;
  }

  /** For `otel_exporter_otlp_endpoint`. */
  get httpEndpoint(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  get grpcEndpoint(): string {
    return `http://127.0.0.1:${this.#grpcPort}`;
  }

  /** The spans of a trace by their names, once all of these have arrived. */
  async trace(traceId: string, names: readonly string[]): Promise<Record<string, ReceivedSpan>> {
    const found = await this.all(traceId, Object.fromEntries(names.map((name) => [name, 1])));
    return Object.fromEntries(found.map((span) => [span.name, span]));
  }

  /** The spans of a trace in the order in which they began, once so many of each name have arrived. */
  async all(traceId: string, counts: Readonly<Record<string, number>>, timeoutMs = 20_000): Promise<ReceivedSpan[]> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const found = this.spans.filter((span) => span.traceId === traceId);
      const arrived = (name: string) => found.filter((span) => span.name === name).length;
      if (Object.entries(counts).every(([name, count]) => arrived(name) >= count))
        return found.sort((one, other) => one.start - other.start);
      if (Date.now() > deadline)
        throw new Error(`of the trace ${traceId} only these spans came: ${found.map(({ name }) => name).join(', ')}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async close(): Promise<void> {
    this.#grpc.forceShutdown();
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  // biome-ignore lint/suspicious/noExplicitAny: messages of trace.proto
  #take(request: any): void {
    for (const { resource, scopeSpans } of request.resourceSpans)
      for (const { scope, spans } of scopeSpans)
        for (const span of spans)
          this.spans.push({
            service: plain(resource.attributes)['service.name'] as string,
            scope: scope.name,
            traceId: span.traceId.toString('hex'),
            spanId: span.spanId.toString('hex'),
            parentId: span.parentSpanId.toString('hex'),
            name: span.name,
            kind: span.kind,
            start: Number(BigInt(span.startTimeUnixNano) / 1000n),
            end: Number(BigInt(span.endTimeUnixNano) / 1000n),
            attributes: plain(span.attributes),
            links: span.links.map((link: { spanId: Buffer }) => link.spanId.toString('hex')),
            traceState: span.traceState,
            error: span.status?.code === 2 ? span.status.message : null,
          });
  }
}

// biome-ignore lint/suspicious/noExplicitAny: messages of trace.proto
function plain(attributes: readonly any[]): Record<string, unknown> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.value === 'intValue' ? Number(value.intValue) : value[value.value]]),
  );
}
