// Original file: worker.proto

import type { Parameter as _torchbridge_worker_v1_Parameter, Parameter__Output as _torchbridge_worker_v1_Parameter__Output } from '../../../torchbridge/worker/v1/Parameter.js';

export interface Request {
  'id'?: (string);
  'headers'?: (string)[];
  'parameters'?: (_torchbridge_worker_v1_Parameter)[];
}

export interface Request__Output {
  'id': (string);
  'headers': (string)[];
  'parameters': (_torchbridge_worker_v1_Parameter__Output)[];
}
