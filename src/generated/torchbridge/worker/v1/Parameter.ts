// Original file: worker.proto


export interface Parameter {
  'name'?: (string);
  'contentType'?: (string);
  'value'?: (Buffer | Uint8Array | string);
}

export interface Parameter__Output {
  'name': (string);
  'contentType': (string);
  'value': (Buffer);
}
