// Original file: inference.proto


export interface TorchServeHealthResponse {
  'health'?: (string);
}

export interface TorchServeHealthResponse__Output {
  'health': (string);
}
