// Original file: worker.proto


export interface Placement {
  'cpus'?: (number)[];
  'memoryNode'?: (number);
}

export interface Placement__Output {
  'cpus': (number)[];
  'memoryNode': (number);
}
