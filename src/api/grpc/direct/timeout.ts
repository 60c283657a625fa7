/** Milliseconds of each unit that `grpc-timeout` may have. */
const units: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 0.001, n: 0.000_001 };

/**
 * Reads `grpc-timeout`: digits and a unit (gRPC over HTTP/2). More than the eight digits that it may have are no harm: some clients of
 * gRPC-Web say everything in milliseconds.
 * @returns milliseconds; infinite where the caller sends none; null where it makes no sense.
 */
export function timeoutMs(sent: string | undefined): number | null {
  if (sent === undefined) return Number.POSITIVE_INFINITY;
  const [, digits, unit] = /^(\d{1,15})([HMSmun])$/.exec(sent) ?? [];
  return digits === undefined || unit === undefined ? null : Number(digits) * (units[unit] as number);
}
