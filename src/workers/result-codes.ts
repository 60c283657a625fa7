import { ServingError } from '../errors/serving-error.js';
import { type BatchResult, Code } from './link/worker-link.js';

/**
 * What the worker's code means to a client: TorchServe's status and text.
 * @returns null where the batch succeeded, else a maker of one error a request.
 */
export function failureOf(result: BatchResult, batchSize: number): (() => ServingError) | null {
  switch (result.code) {
    case Code.OK:
      return result.answers.length === batchSize ? null : () => new ServingError('predictionFailed', mismatch);
    case Code.INVALID_OUTPUT:
      return () => new ServingError('predictionFailed', 'Invalid model predict output');
    case Code.BATCH_MISMATCH:
      return () => new ServingError('predictionFailed', mismatch);
    case Code.UNSUPPORTED_OUTPUT:
      return () => new ServingError('predictionFailed', 'Unsupported model output data type.');
    case Code.OUT_OF_RESOURCES:
      return () => new ServingError('outOfMemory', 'Out of resources');
    case Code.HANDLER_STATUS:
      return () => new ServingError('internal', result.message, clientStatus(result.status));
    default:
      return () => new ServingError('predictionFailed', 'Prediction failed');
  }
}

const mismatch = 'number of batch response mismatched';

/** TorchServe shows a worker's 413 as 507, since 413 speaks of the client's own request. */
function clientStatus(status: number): number {
  return status === 413 ? 507 : status;
}
