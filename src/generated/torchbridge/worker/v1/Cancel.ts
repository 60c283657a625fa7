// Original file: worker.proto

import type { Long } from '@grpc/proto-loader';

export interface Cancel {
  'batchId'?: (number | string | Long);
  'indices'?: (number)[];
}

export interface Cancel__Output {
  'batchId': (number);
  'indices': (number)[];
}
