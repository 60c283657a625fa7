/** A metric as it is logged. */
export interface LoggedMetric {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  /** Name, value, name, value, ... without the host. */
  readonly dimensions: readonly string[];
  /** Absent on metrics of the server itself; empty where the handler named no request. */
  readonly requestIds?: readonly string[];
}

/**
 * The text of a metric in ts_metrics.log and model_metrics.log, as TorchServe's log readers parse it:
 * `Name.Unit:value|#D1:v1,D2:v2|#hostname:h,requestID:a,b,timestamp:seconds`.
 */
export function metricLine(
  { name, unit, value, dimensions, requestIds }: LoggedMetric,
  host: string,
  now = Date.now(),
): string {
  const pairs: string[] = [];
  for (let i = 0; i + 1 < dimensions.length; i += 2) pairs.push(`${dimensions[i]}:${dimensions[i + 1]}`);
  const requests = requestIds === undefined ? '' : `requestID:${requestIds.join(',') || 'null'},`;
  return `${name}.${unit}:${decimal(value)}|#${pairs.join(',')}|#hostname:${host},${requests}timestamp:${Math.floor(now / 1000)}`;
}

/**
 * A number in the form of a Java double, which is what existing readers of the logs and of /metrics have seen:
 * always with a fraction, and with an exponent below 0.001 and from ten million on.
 */
export function decimal(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  const size = Math.abs(value);
  if (size === 0 || (size >= 1e-3 && size < 1e7)) return Number.isInteger(value) ? `${value}.0` : String(value);
  const [mantissa = '', exponent = ''] = value.toExponential().split('e');
  return `${mantissa.includes('.') ? mantissa : `${mantissa}.0`}E${exponent.replace('+', '')}`;
}
