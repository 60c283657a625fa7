// Original file: worker.proto

export const Code = {
  OK: 0,
  PREDICTION_FAILED: 1,
  INVALID_OUTPUT: 2,
  BATCH_MISMATCH: 3,
  UNSUPPORTED_OUTPUT: 4,
  OUT_OF_RESOURCES: 5,
  HANDLER_STATUS: 6,
  LOAD_FAILED: 7,
  LOAD_OUT_OF_MEMORY: 8,
} as const;

export type Code =
  | 'OK'
  | 0
  | 'PREDICTION_FAILED'
  | 1
  | 'INVALID_OUTPUT'
  | 2
  | 'BATCH_MISMATCH'
  | 3
  | 'UNSUPPORTED_OUTPUT'
  | 4
  | 'OUT_OF_RESOURCES'
  | 5
  | 'HANDLER_STATUS'
  | 6
  | 'LOAD_FAILED'
  | 7
  | 'LOAD_OUT_OF_MEMORY'
  | 8

export type Code__Output = typeof Code[keyof typeof Code]
