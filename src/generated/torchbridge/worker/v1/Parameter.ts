// Original file: worker.proto

import type { Stretch as _torchbridge_worker_v1_Stretch, Stretch__Output as _torchbridge_worker_v1_Stretch__Output } from '../../../torchbridge/worker/v1/Stretch.js';

export interface Parameter {
  'name'?: (string);
  'contentType'?: (string);
  'value'?: (Buffer | Uint8Array | string);
  'shared'?: (_torchbridge_worker_v1_Stretch | null);
}

export interface Parameter__Output {
  'name': (string);
  'contentType': (string);
  'value': (Buffer);
  'shared': (_torchbridge_worker_v1_Stretch__Output | null);
}
