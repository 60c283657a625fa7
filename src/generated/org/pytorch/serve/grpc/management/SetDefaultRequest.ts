// Original file: management.proto


export interface SetDefaultRequest {
  'modelName'?: (string);
  'modelVersion'?: (string);
}

export interface SetDefaultRequest__Output {
  'modelName': (string);
  'modelVersion': (string);
}
