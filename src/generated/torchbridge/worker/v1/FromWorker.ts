// Original file: worker.proto

import type { Hello as _torchbridge_worker_v1_Hello, Hello__Output as _torchbridge_worker_v1_Hello__Output } from '../../../torchbridge/worker/v1/Hello.js';
import type { Loaded as _torchbridge_worker_v1_Loaded, Loaded__Output as _torchbridge_worker_v1_Loaded__Output } from '../../../torchbridge/worker/v1/Loaded.js';
import type { BatchResult as _torchbridge_worker_v1_BatchResult, BatchResult__Output as _torchbridge_worker_v1_BatchResult__Output } from '../../../torchbridge/worker/v1/BatchResult.js';
import type { Piece as _torchbridge_worker_v1_Piece, Piece__Output as _torchbridge_worker_v1_Piece__Output } from '../../../torchbridge/worker/v1/Piece.js';
import type { MetricReport as _torchbridge_worker_v1_MetricReport, MetricReport__Output as _torchbridge_worker_v1_MetricReport__Output } from '../../../torchbridge/worker/v1/MetricReport.js';

export interface FromWorker {
  'hello'?: (_torchbridge_worker_v1_Hello | null);
  'loaded'?: (_torchbridge_worker_v1_Loaded | null);
  'results'?: (_torchbridge_worker_v1_BatchResult)[];
  'pieces'?: (_torchbridge_worker_v1_Piece)[];
  'metrics'?: (_torchbridge_worker_v1_MetricReport | null);
  'event'?: "hello"|"loaded"|"metrics";
}

export interface FromWorker__Output {
  'hello'?: (_torchbridge_worker_v1_Hello__Output | null);
  'loaded'?: (_torchbridge_worker_v1_Loaded__Output | null);
  'results': (_torchbridge_worker_v1_BatchResult__Output)[];
  'pieces': (_torchbridge_worker_v1_Piece__Output)[];
  'metrics'?: (_torchbridge_worker_v1_MetricReport__Output | null);
  'event'?: "hello"|"loaded"|"metrics";
}
