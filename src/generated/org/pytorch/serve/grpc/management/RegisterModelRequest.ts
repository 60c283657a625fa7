// Original file: management.proto


export interface RegisterModelRequest {
  'batchSize'?: (number);
  'handler'?: (string);
  'initialWorkers'?: (number);
  'maxBatchDelay'?: (number);
  'modelName'?: (string);
  'responseTimeout'?: (number);
  'runtime'?: (string);
  'synchronous'?: (boolean);
  'url'?: (string);
  's3SseKms'?: (boolean);
  'startupTimeout'?: (number);
}

export interface RegisterModelRequest__Output {
  'batchSize': (number);
  'handler': (string);
  'initialWorkers': (number);
  'maxBatchDelay': (number);
  'modelName': (string);
  'responseTimeout': (number);
  'runtime': (string);
  'synchronous': (boolean);
  'url': (string);
  's3SseKms': (boolean);
  'startupTimeout': (number);
}
