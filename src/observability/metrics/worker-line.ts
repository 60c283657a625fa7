import { type MetricType, metricTypes } from './metric-definition.js';

/** A metric that a worker recorded, or printed. */
export interface RecordedMetric {
  readonly name: string;
  readonly unit: string;
  /** null where it was printed without one, as C++ workers do. */
  readonly type: MetricType | null;
  readonly value: number;
  /** Name, value, name, value, ... without the host. */
  readonly dimensions: readonly string[];
  readonly requestIds: readonly string[];
}

/** What stands before a metric in the output of a worker. */
export const metricMark = '[METRICS]';

/** `Name.Unit:value|#D1:v1,D2:v2|#type:GAUGE|#hostname:h,seconds,request,request`; type and requests may be absent. */
const pattern =
  /^([\w\s]+)\.([\w\s]+):([0-9\-,.e+]+|-?inf|nan)\|#([^|]*)(?:\|#type:([^|,]+))?\|#hostname:([^,]+),([^,]+)(?:,(.*))?$/i;

/** Where a line of a worker's output begins to be a metric; -1 where it is none. */
export function metricStart(line: string): number {
  if (line.startsWith(metricMark)) return metricMark.length;
  const logged = `INFO > ${metricMark}`;
  return line.startsWith(logged) ? logged.length : -1;
}

/** Reads a metric that was printed; null where it is not one. @param text what stands behind the mark. */
export function parseMetric(text: string): RecordedMetric | null {
  const found = pattern.exec(text);
  if (!found) return null;
  const [, name = '', unit = '', number = '', dimensions = '', type, , , requestIds] = found;
  const value = numberOf(number);
  if (value === null) return null;
  return {
    name,
    unit,
    type: metricTypes.find((known) => known === type?.trim().toLowerCase()) ?? null,
    value,
    dimensions: pairs(dimensions),
    requestIds: requestIds ? requestIds.split(',') : [],
  };
}

function numberOf(text: string): number | null {
  if (/^-?inf$/i.test(text)) return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (/^nan$/i.test(text)) return Number.NaN;
  const value = Number(text);
  return Number.isNaN(value) ? null : value;
}

/** A name ends at its first colon, so that values may hold some. */
function pairs(text: string): string[] {
  return text
    .split(',')
    .filter((part) => part.includes(':'))
    .flatMap((part) => {
      const colon = part.indexOf(':');
      return [part.slice(0, colon), part.slice(colon + 1)];
    });
}
