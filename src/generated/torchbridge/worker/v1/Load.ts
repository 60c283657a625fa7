// Original file: worker.proto

import type { Placement as _torchbridge_worker_v1_Placement, Placement__Output as _torchbridge_worker_v1_Placement__Output } from '../../../torchbridge/worker/v1/Placement.js';

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
}
