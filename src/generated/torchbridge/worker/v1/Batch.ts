// Original file: worker.proto

import type { Request as _torchbridge_worker_v1_Request, Request__Output as _torchbridge_worker_v1_Request__Output } from '../../../torchbridge/worker/v1/Request.js';
import type { Long } from '@grpc/proto-loader';

export interface Batch {
  'id'?: (number | string | Long);
  'requests'?: (_torchbridge_worker_v1_Request)[];
}

export interface Batch__Output {
  'id': (number);
  'requests': (_torchbridge_worker_v1_Request__Output)[];
}
