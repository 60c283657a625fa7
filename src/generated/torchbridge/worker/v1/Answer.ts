// Original file: worker.proto


export interface Answer {
  'status'?: (number);
  'phrase'?: (string);
  'headers'?: (string)[];
  'body'?: (Buffer | Uint8Array | string);
}

export interface Answer__Output {
  'status': (number);
  'phrase': (string);
  'headers': (string)[];
  'body': (Buffer);
}
