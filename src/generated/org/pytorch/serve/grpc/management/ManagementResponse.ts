// Original file: management.proto


export interface ManagementResponse {
  'msg'?: (string);
}

export interface ManagementResponse__Output {
  'msg': (string);
}
