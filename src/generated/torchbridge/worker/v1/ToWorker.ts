// Original file: worker.proto

import type { Load as _torchbridge_worker_v1_Load, Load__Output as _torchbridge_worker_v1_Load__Output } from '../../../torchbridge/worker/v1/Load.js';
import type { Batch as _torchbridge_worker_v1_Batch, Batch__Output as _torchbridge_worker_v1_Batch__Output } from '../../../torchbridge/worker/v1/Batch.js';
import type { Cancel as _torchbridge_worker_v1_Cancel, Cancel__Output as _torchbridge_worker_v1_Cancel__Output } from '../../../torchbridge/worker/v1/Cancel.js';
import type { Tune as _torchbridge_worker_v1_Tune, Tune__Output as _torchbridge_worker_v1_Tune__Output } from '../../../torchbridge/worker/v1/Tune.js';
import type { Shutdown as _torchbridge_worker_v1_Shutdown, Shutdown__Output as _torchbridge_worker_v1_Shutdown__Output } from '../../../torchbridge/worker/v1/Shutdown.js';
import type { Batches as _torchbridge_worker_v1_Batches, Batches__Output as _torchbridge_worker_v1_Batches__Output } from '../../../torchbridge/worker/v1/Batches.js';
import type { Flow as _torchbridge_worker_v1_Flow, Flow__Output as _torchbridge_worker_v1_Flow__Output } from '../../../torchbridge/worker/v1/Flow.js';

export interface ToWorker {
  'load'?: (_torchbridge_worker_v1_Load | null);
  'batch'?: (_torchbridge_worker_v1_Batch | null);
  'cancel'?: (_torchbridge_worker_v1_Cancel | null);
  'tune'?: (_torchbridge_worker_v1_Tune | null);
  'shutdown'?: (_torchbridge_worker_v1_Shutdown | null);
  'batches'?: (_torchbridge_worker_v1_Batches | null);
  'flow'?: (_torchbridge_worker_v1_Flow | null);
  'command'?: "load"|"batch"|"cancel"|"tune"|"shutdown"|"batches"|"flow";
}

export interface ToWorker__Output {
  'load'?: (_torchbridge_worker_v1_Load__Output | null);
  'batch'?: (_torchbridge_worker_v1_Batch__Output | null);
  'cancel'?: (_torchbridge_worker_v1_Cancel__Output | null);
  'tune'?: (_torchbridge_worker_v1_Tune__Output | null);
  'shutdown'?: (_torchbridge_worker_v1_Shutdown__Output | null);
  'batches'?: (_torchbridge_worker_v1_Batches__Output | null);
  'flow'?: (_torchbridge_worker_v1_Flow__Output | null);
  'command'?: "load"|"batch"|"cancel"|"tune"|"shutdown"|"batches"|"flow";
}
