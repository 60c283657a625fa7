// Original file: worker.proto

import type { Answer as _torchbridge_worker_v1_Answer, Answer__Output as _torchbridge_worker_v1_Answer__Output } from '../../../torchbridge/worker/v1/Answer.js';
import type { Long } from '@grpc/proto-loader';

export interface Piece {
  'batchId'?: (number | string | Long);
  'index'?: (number);
  'answer'?: (_torchbridge_worker_v1_Answer | null);
}

export interface Piece__Output {
  'batchId': (number);
  'index': (number);
  'answer': (_torchbridge_worker_v1_Answer__Output | null);
}
