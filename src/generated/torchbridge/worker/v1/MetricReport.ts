// Original file: worker.proto

import type { Metric as _torchbridge_worker_v1_Metric, Metric__Output as _torchbridge_worker_v1_Metric__Output } from '../../../torchbridge/worker/v1/Metric.js';

export interface MetricReport {
  'metrics'?: (_torchbridge_worker_v1_Metric)[];
}

export interface MetricReport__Output {
  'metrics': (_torchbridge_worker_v1_Metric__Output)[];
}
