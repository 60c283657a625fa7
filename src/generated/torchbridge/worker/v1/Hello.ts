// Original file: worker.proto


export interface Hello {
  'workerId'?: (string);
  'token'?: (string);
  'pid'?: (number);
  'pythonVersion'?: (string);
}

export interface Hello__Output {
  'workerId': (string);
  'token': (string);
  'pid': (number);
  'pythonVersion': (string);
}
