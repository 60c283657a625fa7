// Original file: worker.proto


export interface Tune {
  'cpuThreads'?: (number);
}

export interface Tune__Output {
  'cpuThreads': (number);
}
