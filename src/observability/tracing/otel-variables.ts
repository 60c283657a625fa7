import type { Config } from '../../config/config.js';

/** The keys of the configuration that are variables of OpenTelemetry. */
export type TracingConfig = Pick<
  Config,
  | 'otelSdkDisabled'
  | 'otelTracesExporter'
  | 'otelExporterOtlpEndpoint'
  | 'otelExporterOtlpProtocol'
  | 'otelExporterOtlpHeaders'
  | 'otelServiceName'
  | 'otelResourceAttributes'
  | 'otelTracesSampler'
  | 'otelTracesSamplerArg'
>;

/** Whether anything is traced. */
export function isTracingOn({ otelSdkDisabled, otelTracesExporter }: TracingConfig): boolean {
  return !otelSdkDisabled && otelTracesExporter.includes('otlp');
}

/**
 * What the configuration says, as OpenTelemetry's libraries read it: those of the server and those of the workers. Further
 * `OTEL_…` variables (certificates, limits, sizes of batches) are theirs alone.
 */
export function otelVariables(config: TracingConfig): Record<string, string> {
  const said = {
    OTEL_TRACES_EXPORTER: 'otlp',
    OTEL_EXPORTER_OTLP_ENDPOINT: config.otelExporterOtlpEndpoint,
    OTEL_EXPORTER_OTLP_PROTOCOL: config.otelExporterOtlpProtocol,
    OTEL_EXPORTER_OTLP_HEADERS: config.otelExporterOtlpHeaders,
    OTEL_SERVICE_NAME: config.otelServiceName,
    OTEL_RESOURCE_ATTRIBUTES: config.otelResourceAttributes,
    OTEL_TRACES_SAMPLER: config.otelTracesSampler,
    OTEL_TRACES_SAMPLER_ARG: config.otelTracesSamplerArg,
  };
  return Object.fromEntries(Object.entries(said).flatMap(([name, value]) => (value === null ? [] : [[name, value]])));
}
