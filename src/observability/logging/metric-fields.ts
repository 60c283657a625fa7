import type { Fields } from './record.js';

const METRIC = /^([^.|]+)\.([^:|]+):([^|]*)\|#([^|]*)\|#hostname:([^,|]*)(?:,requestID:(.*))?,timestamp:(\d+)$/;

/** The parts of a metric line `Name.Unit:value|#Dim:val,…|#hostname:h[,requestID:ids],timestamp:seconds`, for JSON. */
export function metricFields(line: string): Fields {
  const [, name, unit, value, dimensions, host, requestIds, timestamp] = METRIC.exec(line) ?? [];
  if (name === undefined || dimensions === undefined) {
    return {};
  }
  const pairs = dimensions
    .split(',')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const colon = pair.indexOf(':');
      return [pair.slice(0, colon), pair.slice(colon + 1)] as const;
    });
  return {
    metric: name,
    unit,
    value: Number(value),
    dimensions: Object.fromEntries(pairs),
    host,
    requestId: requestIds,
    timestamp: Number(timestamp),
  };
}
