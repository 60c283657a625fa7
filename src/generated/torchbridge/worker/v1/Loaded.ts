// Original file: worker.proto

import type { Code as _torchbridge_worker_v1_Code, Code__Output as _torchbridge_worker_v1_Code__Output } from '../../../torchbridge/worker/v1/Code.js';

export interface Loaded {
  'code'?: (_torchbridge_worker_v1_Code);
  'message'?: (string);
  'sharesMemory'?: (boolean);
  'openaiRoutes'?: (string)[];
  'openaiModels'?: (string)[];
}

export interface Loaded__Output {
  'code': (_torchbridge_worker_v1_Code__Output);
  'message': (string);
  'sharesMemory': (boolean);
  'openaiRoutes': (string)[];
  'openaiModels': (string)[];
}
