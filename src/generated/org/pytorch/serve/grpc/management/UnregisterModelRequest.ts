// Original file: management.proto


export interface UnregisterModelRequest {
  'modelName'?: (string);
  'modelVersion'?: (string);
}

export interface UnregisterModelRequest__Output {
  'modelName': (string);
  'modelVersion': (string);
}
