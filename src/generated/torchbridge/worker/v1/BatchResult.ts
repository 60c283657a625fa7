// Original file: worker.proto

import type { Code as _torchbridge_worker_v1_Code, Code__Output as _torchbridge_worker_v1_Code__Output } from '../../../torchbridge/worker/v1/Code.js';
import type { Answer as _torchbridge_worker_v1_Answer, Answer__Output as _torchbridge_worker_v1_Answer__Output } from '../../../torchbridge/worker/v1/Answer.js';
import type { Metric as _torchbridge_worker_v1_Metric, Metric__Output as _torchbridge_worker_v1_Metric__Output } from '../../../torchbridge/worker/v1/Metric.js';
import type { WorkTimes as _torchbridge_worker_v1_WorkTimes, WorkTimes__Output as _torchbridge_worker_v1_WorkTimes__Output } from '../../../torchbridge/worker/v1/WorkTimes.js';
import type { Long } from '@grpc/proto-loader';

export interface BatchResult {
  'batchId'?: (number | string | Long);
  'code'?: (_torchbridge_worker_v1_Code);
  'status'?: (number);
  'message'?: (string);
  'answers'?: (_torchbridge_worker_v1_Answer)[];
  'elapsedUs'?: (number | string | Long);
  'metrics'?: (_torchbridge_worker_v1_Metric)[];
  'times'?: (_torchbridge_worker_v1_WorkTimes | null);
}

export interface BatchResult__Output {
  'batchId': (number);
  'code': (_torchbridge_worker_v1_Code__Output);
  'status': (number);
  'message': (string);
  'answers': (_torchbridge_worker_v1_Answer__Output)[];
  'elapsedUs': (number);
  'metrics': (_torchbridge_worker_v1_Metric__Output)[];
  'times': (_torchbridge_worker_v1_WorkTimes__Output | null);
}
