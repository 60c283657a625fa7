// Original file: inference.proto

import type { Status as _google_rpc_Status, Status__Output as _google_rpc_Status__Output } from '../../../../../google/rpc/Status.js';

export interface PredictionResponse {
  'prediction'?: (Buffer | Uint8Array | string);
  'sequenceId'?: (string);
  'status'?: (_google_rpc_Status | null);
  '_sequenceId'?: "sequenceId";
  '_status'?: "status";
}

export interface PredictionResponse__Output {
  'prediction': (Buffer);
  'sequenceId'?: (string);
  'status'?: (_google_rpc_Status__Output | null);
  '_sequenceId'?: "sequenceId";
  '_status'?: "status";
}
