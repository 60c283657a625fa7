// Original file: management.proto


export interface DescribeModelRequest {
  'modelName'?: (string);
  'modelVersion'?: (string);
  'customized'?: (boolean);
}

export interface DescribeModelRequest__Output {
  'modelName': (string);
  'modelVersion': (string);
  'customized': (boolean);
}
