// Original file: worker.proto

import type { Long } from '@grpc/proto-loader';

export interface SharedMemory {
  'valuesPath'?: (string);
  'valuesBytes'?: (number | string | Long);
  'answersPath'?: (string);
  'answersBytes'?: (number | string | Long);
  'leastBytes'?: (number | string | Long);
}

export interface SharedMemory__Output {
  'valuesPath': (string);
  'valuesBytes': (number);
  'answersPath': (string);
  'answersBytes': (number);
  'leastBytes': (number);
}
