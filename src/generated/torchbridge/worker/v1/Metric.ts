// Original file: worker.proto

import type { MetricType as _torchbridge_worker_v1_MetricType, MetricType__Output as _torchbridge_worker_v1_MetricType__Output } from '../../../torchbridge/worker/v1/MetricType.js';

export interface Metric {
  'name'?: (string);
  'unit'?: (string);
  'type'?: (_torchbridge_worker_v1_MetricType);
  'value'?: (number | string);
  'dimensions'?: (string)[];
  'requestIds'?: (string)[];
}

export interface Metric__Output {
  'name': (string);
  'unit': (string);
  'type': (_torchbridge_worker_v1_MetricType__Output);
  'value': (number);
  'dimensions': (string)[];
  'requestIds': (string)[];
}
