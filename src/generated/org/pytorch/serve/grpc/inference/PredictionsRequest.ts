// Original file: inference.proto


export interface PredictionsRequest {
  'modelName'?: (string);
  'modelVersion'?: (string);
  'input'?: ({[key: string]: Buffer | Uint8Array | string});
  'sequenceId'?: (string);
  '_sequenceId'?: "sequenceId";
}

export interface PredictionsRequest__Output {
  'modelName': (string);
  'modelVersion': (string);
  'input': ({[key: string]: Buffer});
  'sequenceId'?: (string);
  '_sequenceId'?: "sequenceId";
}
