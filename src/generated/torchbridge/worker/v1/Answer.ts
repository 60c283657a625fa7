// Original file: worker.proto

import type { Stretch as _torchbridge_worker_v1_Stretch, Stretch__Output as _torchbridge_worker_v1_Stretch__Output } from '../../../torchbridge/worker/v1/Stretch.js';

export interface Answer {
  'status'?: (number);
  'phrase'?: (string);
  'headers'?: (string)[];
  'body'?: (Buffer | Uint8Array | string);
  'shared'?: (_torchbridge_worker_v1_Stretch | null);
}

export interface Answer__Output {
  'status': (number);
  'phrase': (string);
  'headers': (string)[];
  'body': (Buffer);
  'shared': (_torchbridge_worker_v1_Stretch__Output | null);
}
