// Original file: worker.proto

import type { Placement as _torchbridge_worker_v1_Placement, Placement__Output as _torchbridge_worker_v1_Placement__Output } from '../../../torchbridge/worker/v1/Placement.js';
import type { SharedMemory as _torchbridge_worker_v1_SharedMemory, SharedMemory__Output as _torchbridge_worker_v1_SharedMemory__Output } from '../../../torchbridge/worker/v1/SharedMemory.js';

export interface Load {
  'modelName'?: (string);
  'modelVersion'?: (string);
  'modelDir'?: (string);
  'handler'?: (string);
  'envelope'?: (string);
  'batchSize'?: (number);
  'gpuId'?: (number);
  'limitMaxImagePixels'?: (boolean);
  'cpuThreads'?: (number);
  'metricsConfig'?: (string);
  'placement'?: (_torchbridge_worker_v1_Placement | null);
  'memory'?: (_torchbridge_worker_v1_SharedMemory | null);
  'inStep'?: (boolean);
}

export interface Load__Output {
  'modelName': (string);
  'modelVersion': (string);
  'modelDir': (string);
  'handler': (string);
  'envelope': (string);
  'batchSize': (number);
  'gpuId': (number);
  'limitMaxImagePixels': (boolean);
  'cpuThreads': (number);
  'metricsConfig': (string);
  'placement': (_torchbridge_worker_v1_Placement__Output | null);
  'memory': (_torchbridge_worker_v1_SharedMemory__Output | null);
  'inStep': (boolean);
}
