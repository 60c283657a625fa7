import { Metadata, status } from '@grpc/grpc-js';
import { ServingError } from '../../errors/serving-error.js';
import { type ErrorKind, errorTable } from '../../errors/table.js';
import { fittingText } from './fitting-text.js';

/** How a call ends that has no answer. */
export interface GrpcFailure {
  readonly code: status;
  /** What went wrong, and on a second line the class of the error, as TorchServe's clients know them. */
  readonly details: string;
  readonly metadata?: Metadata;
}

/** Handlers choose HTTP statuses; these gRPC statuses say the same. */
const ofHttpStatus: Readonly<Record<number, status>> = {
  400: status.INVALID_ARGUMENT,
  401: status.UNAUTHENTICATED,
  403: status.PERMISSION_DENIED,
  404: status.NOT_FOUND,
  408: status.DEADLINE_EXCEEDED,
  409: status.ABORTED,
  413: status.RESOURCE_EXHAUSTED,
  416: status.OUT_OF_RANGE,
  429: status.RESOURCE_EXHAUSTED,
  499: status.CANCELLED,
  501: status.UNIMPLEMENTED,
  503: status.UNAVAILABLE,
  504: status.DEADLINE_EXCEEDED,
  507: status.RESOURCE_EXHAUSTED,
};

/** The gRPC status for an HTTP status that a handler chose for its error. */
export function codeOfHttpStatus(http: number): status {
  const known = ofHttpStatus[http];
  if (known !== undefined) return known;
  if (http >= 400 && http < 500) return status.FAILED_PRECONDITION;
  if (http >= 500 && http < 600) return status.INTERNAL;
  return status.UNKNOWN;
}

/** Which server a refusal comes from: TorchServe names the same refusal differently on its two. */
export type GrpcDoor = 'inference' | 'management';

const HTTP = 'org.pytorch.serve.http';
const ARCHIVE = 'org.pytorch.serve.archive';

/** Errors whose second line is not the package of HTTP errors and their type. */
const classNames: Partial<Record<ErrorKind, string>> = {
  modelNotFound: `${ARCHIVE}.model.ModelNotFoundException`,
  versionNotFound: `${ARCHIVE}.model.ModelVersionNotFoundException`,
  invalidModel: `${ARCHIVE}.model.InvalidModelException`,
  // The model API is switched off.
  methodNotAllowed: `${ARCHIVE}.model.ModelException`,
  modelSetup: `${ARCHIVE}.model.ModelException`,
  downloadFailed: `${ARCHIVE}.DownloadArchiveException`,
  workerInitialization: 'org.pytorch.serve.wlm.WorkerInitializationException',
  illegalArgument: 'java.lang.IllegalArgumentException',
  unavailable: 'InternalServerException.()',
};

/** The class of an error, as TorchServe's clients find it on the second line of the details. */
export function className(error: ServingError, door: GrpcDoor): string {
  if (error.kind === 'badRequest' && door === 'inference') return 'BadRequestException.()';
  return classNames[error.kind] ?? `${HTTP}.${error.type}`;
}

/** The gRPC status of an error: the table's, or the one that fits the status which the handler chose. */
export function codeOf(error: ServingError): status {
  const { grpc, status: usual } = errorTable[error.kind];
  return error.status === usual ? status[grpc] : codeOfHttpStatus(error.status);
}

/** Bytes of an error's text that are sent: clients refuse calls whose trailers are longer than 8 KiB, and Node sends none above 64. */
const room = 4096;

/** How a call ends for an error. Its HTTP status goes along in the trailers, since it may be the handler's own. */
export function failureOf(error: ServingError, door: GrpcDoor): GrpcFailure {
  const metadata = new Metadata();
  metadata.set('ts-status', String(error.status));
  return { code: codeOf(error), details: `${fittingText(error.message, room)}\n${className(error, door)}`, metadata };
}

/** What a caller is told of a defect of ours, after `log` was told more. */
export function servingErrorOf(error: unknown, log: (message: string, error: unknown) => void): ServingError {
  if (error instanceof ServingError) return error;
  log('a gRPC call failed by a defect of the server', error);
  return new ServingError('internal', 'The server failed to handle the request; its log tells more.');
}
