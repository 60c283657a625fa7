// Original file: worker.proto

import type { Batch as _torchbridge_worker_v1_Batch, Batch__Output as _torchbridge_worker_v1_Batch__Output } from '../../../torchbridge/worker/v1/Batch.js';

export interface Batches {
  'batches'?: (_torchbridge_worker_v1_Batch)[];
}

export interface Batches__Output {
  'batches': (_torchbridge_worker_v1_Batch__Output)[];
}
