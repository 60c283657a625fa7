// Original file: worker.proto

import type { Long } from '@grpc/proto-loader';

export interface Stretch {
  'offset'?: (number | string | Long);
  'length'?: (number | string | Long);
}

export interface Stretch__Output {
  'offset': (number);
  'length': (number);
}
