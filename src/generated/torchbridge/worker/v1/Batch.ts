// Original file: worker.proto

import type { Request as _torchbridge_worker_v1_Request, Request__Output as _torchbridge_worker_v1_Request__Output } from '../../../torchbridge/worker/v1/Request.js';
import type { TraceContext as _torchbridge_worker_v1_TraceContext, TraceContext__Output as _torchbridge_worker_v1_TraceContext__Output } from '../../../torchbridge/worker/v1/TraceContext.js';
import type { Long } from '@grpc/proto-loader';

export interface Batch {
  'id'?: (number | string | Long);
  'requests'?: (_torchbridge_worker_v1_Request)[];
  'trace'?: (_torchbridge_worker_v1_TraceContext | null);
}

export interface Batch__Output {
  'id': (number);
  'requests': (_torchbridge_worker_v1_Request__Output)[];
  'trace': (_torchbridge_worker_v1_TraceContext__Output | null);
}
