// Original file: worker.proto

export const MetricType = {
  COUNTER: 0,
  GAUGE: 1,
  HISTOGRAM: 2,
} as const;

export type MetricType =
  | 'COUNTER'
  | 0
  | 'GAUGE'
  | 1
  | 'HISTOGRAM'
  | 2

export type MetricType__Output = typeof MetricType[keyof typeof MetricType]
