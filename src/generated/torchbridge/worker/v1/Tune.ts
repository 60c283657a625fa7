// Original file: worker.proto

import type { Placement as _torchbridge_worker_v1_Placement, Placement__Output as _torchbridge_worker_v1_Placement__Output } from '../../../torchbridge/worker/v1/Placement.js';

export interface Tune {
  'cpuThreads'?: (number);
  'placement'?: (_torchbridge_worker_v1_Placement | null);
}

export interface Tune__Output {
  'cpuThreads': (number);
  'placement': (_torchbridge_worker_v1_Placement__Output | null);
}
