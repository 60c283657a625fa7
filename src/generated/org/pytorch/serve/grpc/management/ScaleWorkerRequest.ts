// Original file: management.proto


export interface ScaleWorkerRequest {
  'modelName'?: (string);
  'modelVersion'?: (string);
  'maxWorker'?: (number);
  'minWorker'?: (number);
  'numberGpu'?: (number);
  'synchronous'?: (boolean);
  'timeout'?: (number);
  '_minWorker'?: "minWorker";
}

export interface ScaleWorkerRequest__Output {
  'modelName': (string);
  'modelVersion': (string);
  'maxWorker': (number);
  'minWorker'?: (number);
  'numberGpu': (number);
  'synchronous': (boolean);
  'timeout': (number);
  '_minWorker'?: "minWorker";
}
