// Original file: worker.proto


export interface Hello {
  'workerId'?: (string);
  'token'?: (string);
  'pid'?: (number);
  'pythonVersion'?: (string);
  'rank'?: (number);
  'worldSize'?: (number);
}

export interface Hello__Output {
  'workerId': (string);
  'token': (string);
  'pid': (number);
  'pythonVersion': (string);
  'rank': (number);
  'worldSize': (number);
}
