import { StartupError } from '../../errors/startup-error.js';
import type { Logger } from '../logging/logging.js';
import { isTracingOn, otelVariables, type TracingConfig } from './otel-variables.js';
import type { Tracing } from './tracing.js';

/** Protocols of OTLP that are spoken. */
const protocols = ['http/protobuf', 'grpc'];

/**
 * Starts to trace where the configuration says so; null where it does not, and then nothing of OpenTelemetry is loaded.
 * The libraries read variables, so the process gets those that the configuration gives.
 * @param version of the server.
 * @throws StartupError where the protocol is none that is spoken here.
 */
export async function openTracing(config: TracingConfig, version: string, log: Logger): Promise<Tracing | null> {
  const unknown = config.otelTracesExporter.filter((name) => name !== 'otlp' && name !== 'none');
  if (unknown.length > 0)
    log.warn(`otel_traces_exporter: ${unknown.join(', ')} means nothing here; traces go out by otlp, or not at all.`);
  if (!isTracingOn(config)) return null;
  const protocol = config.otelExporterOtlpProtocol;
  if (!protocols.includes(protocol)) {
    throw new StartupError(
      `Invalid configuration: otel_exporter_otlp_protocol takes ${protocols.join(' or ')}, not ${JSON.stringify(protocol)}.`,
    );
  }
  Object.assign(process.env, otelVariables(config));
  const { OtlpTracing } = await import('./otlp-tracing.js');
  const tracing = await OtlpTracing.start(protocol, version, log);
  log.info(
    `Traces go to ${config.otelExporterOtlpEndpoint ?? 'the usual port of this machine'} by OTLP (${protocol}).`,
  );
  return tracing;
}
