// Original file: worker.proto


export interface Load {
  'modelName'?: (string);
  'modelVersion'?: (string);
  'modelDir'?: (string);
  'handler'?: (string);
  'envelope'?: (string);
  'batchSize'?: (number);
  'gpuId'?: (number);
  'limitMaxImagePixels'?: (boolean);
  'cpuThreads'?: (number);
  'metricsConfig'?: (string);
}

export interface Load__Output {
  'modelName': (string);
  'modelVersion': (string);
  'modelDir': (string);
  'handler': (string);
  'envelope': (string);
  'batchSize': (number);
  'gpuId': (number);
  'limitMaxImagePixels': (boolean);
  'cpuThreads': (number);
  'metricsConfig': (string);
}
