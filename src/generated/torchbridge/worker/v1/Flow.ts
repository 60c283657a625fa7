// Original file: worker.proto

import type { Long } from '@grpc/proto-loader';

export interface Flow {
  'batchId'?: (number | string | Long);
  'index'?: (number);
  'readBytes'?: (number);
}

export interface Flow__Output {
  'batchId': (number);
  'index': (number);
  'readBytes': (number);
}
