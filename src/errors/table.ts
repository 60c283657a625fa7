/**
 * Every error that a client can be shown. The name is ours; `type` and `status` are what TorchServe's clients see
 * (`{"code", "type", "message"}`), `grpc` is the name of the gRPC status that fits.
 * docs/errors.md is held to this table by a test.
 */
export const errorTable = {
  badRequest: { status: 400, type: 'BadRequestException', grpc: 'INVALID_ARGUMENT' },
  invalidKey: { status: 400, type: 'InvalidKeyException', grpc: 'UNAUTHENTICATED' },
  downloadFailed: { status: 400, type: 'DownloadArchiveException', grpc: 'INVALID_ARGUMENT' },
  invalidModel: { status: 400, type: 'InvalidModelException', grpc: 'INVALID_ARGUMENT' },
  invalidDag: { status: 400, type: 'InvalidDAGException', grpc: 'INVALID_ARGUMENT' },
  modelSetup: { status: 400, type: 'ModelException', grpc: 'FAILED_PRECONDITION' },
  defaultVersion: { status: 403, type: 'InvalidModelVersionException', grpc: 'FAILED_PRECONDITION' },
  illegalArgument: { status: 403, type: 'IllegalArgumentException', grpc: 'INVALID_ARGUMENT' },
  forbiddenOrigin: { status: 403, type: 'ForbiddenOriginException', grpc: 'PERMISSION_DENIED' },
  resourceNotFound: { status: 404, type: 'ResourceNotFoundException', grpc: 'NOT_FOUND' },
  modelNotFound: { status: 404, type: 'ModelNotFoundException', grpc: 'NOT_FOUND' },
  versionNotFound: { status: 404, type: 'ModelVersionNotFoundException', grpc: 'NOT_FOUND' },
  workflowNotFound: { status: 404, type: 'WorkflowNotFoundException', grpc: 'NOT_FOUND' },
  methodNotAllowed: { status: 405, type: 'MethodNotAllowedException', grpc: 'PERMISSION_DENIED' },
  timedOut: { status: 408, type: 'RequestTimeoutException', grpc: 'DEADLINE_EXCEEDED' },
  conflict: { status: 409, type: 'ConflictStatusException', grpc: 'ALREADY_EXISTS' },
  tooLarge: { status: 413, type: 'RequestEntityTooLargeException', grpc: 'RESOURCE_EXHAUSTED' },
  internal: { status: 500, type: 'InternalServerException', grpc: 'INTERNAL' },
  invalidWorkflow: { status: 500, type: 'InvalidWorkflowException', grpc: 'INVALID_ARGUMENT' },
  workflowFailed: { status: 500, type: 'WorkflowException', grpc: 'FAILED_PRECONDITION' },
  workerInitialization: { status: 500, type: 'WorkerInitializationException', grpc: 'FAILED_PRECONDITION' },
  unavailable: { status: 503, type: 'ServiceUnavailableException', grpc: 'UNAVAILABLE' },
  predictionFailed: { status: 503, type: 'InternalServerException', grpc: 'INTERNAL' },
  outOfMemory: { status: 507, type: 'InternalServerException', grpc: 'RESOURCE_EXHAUSTED' },
} as const satisfies Record<string, { status: number; type: string; grpc: string }>;

/** Our name of an error that a client can be shown. */
export type ErrorKind = keyof typeof errorTable;
