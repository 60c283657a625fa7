// Original file: worker.proto

import type { Long } from '@grpc/proto-loader';

export interface WorkTimes {
  'beganUnixUs'?: (number | string | Long);
  'handlerBeganUnixUs'?: (number | string | Long);
  'handlerUs'?: (number | string | Long);
}

export interface WorkTimes__Output {
  'beganUnixUs': (number);
  'handlerBeganUnixUs': (number);
  'handlerUs': (number);
}
