import { DiagLogLevel, diag, ROOT_CONTEXT, SpanKind, type Tracer } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { defaultResource, detectResources, envDetector } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base';
import type { Logger } from '../logging/logging.js';
import { CallSpan } from './call-span.js';
import { PromisedIds } from './promised-ids.js';
import type { SpanMaker } from './span-maker.js';
import type { CallTrace, IncomingCall, Tracing } from './tracing.js';
import { wallClock } from './wall-clock.js';

/** How long the last spans may take on their way out at the end, in ms. */
const farewellMs = 3000;

/** Spans by OpenTelemetry's own library, which sends them by OTLP. It reads its settings from `OTEL_…` variables. */
export class OtlpTracing implements Tracing {
  readonly #provider: BasicTracerProvider;
  readonly #maker: SpanMaker;
  readonly #propagator = new W3CTraceContextPropagator();

  private constructor(exporter: SpanExporter, version: string) {
    const ids = new PromisedIds();
    this.#provider = new BasicTracerProvider({
      resource: defaultResource().merge(detectResources({ detectors: [envDetector] })),
      spanProcessors: [new BatchSpanProcessor(exporter)],
      idGenerator: ids,
    });
    const tracer: Tracer = this.#provider.getTracer('torchbridge', version);
    this.#maker = { tracer, ids };
  }

  static async start(protocol: string, version: string, log: Logger): Promise<OtlpTracing> {
    diag.setLogger(
      {
        error: (message, ...more) => log.error([message, ...more].join(' ')),
        warn: (message, ...more) => log.warn([message, ...more].join(' ')),
        info: () => {},
        debug: () => {},
        verbose: () => {},
      },
      { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
    );
    const { OTLPTraceExporter } =
      protocol === 'grpc'
        ? await import('@opentelemetry/exporter-trace-otlp-grpc')
        : await import('@opentelemetry/exporter-trace-otlp-proto');
    return new OtlpTracing(new OTLPTraceExporter(), version);
  }

  begin({ name, attributes, sent }: IncomingCall): CallTrace {
    const parent = this.#propagator.extract(ROOT_CONTEXT, sent, {
      get: (carrier, key) => carrier[key as keyof typeof carrier],
      keys: Object.keys,
    });
    const options = { kind: SpanKind.SERVER, startTime: wallClock(), attributes: { ...attributes } };
    return new CallSpan(this.#maker.tracer.startSpan(name, options, parent), this.#maker);
  }

  async close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, farewellMs);
    });
    // What cannot be sent was told of in the log.
    await Promise.race([this.#provider.shutdown().catch(() => {}), patience]);
    clearTimeout(timer);
  }
}
