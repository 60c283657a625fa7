import { randomUUID } from 'node:crypto';
import type { InferenceInput } from '../../batching/inference.js';
import type { SequenceHeaders } from '../../config/sequence-headers.js';
import { ServingError } from '../../errors/serving-error.js';
import type { PredictionsRequest__Output } from '../../generated/org/pytorch/serve/grpc/inference/PredictionsRequest.js';
import type { CallTrace } from '../../observability/tracing/tracing.js';
import type { Target } from '../../serving/serving.js';

/** A request message as the serving side takes it. */
export interface Prediction {
  readonly target: Target;
  readonly input: InferenceInput;
}

/**
 * Reads a request message. The handler sees the sequence that it names in the headers of these names, and its start and
 * end where entries of these names say `true`; gRPC requests have no headers of their own.
 * @param trace of the call that brought it, where there is one.
 * @param requestId what the request is called from now on; a new name unless told.
 * @throws ServingError badRequest where it names no model.
 */
export function predictionOf(
  request: PredictionsRequest__Output,
  names: SequenceHeaders,
  trace: CallTrace | undefined,
  requestId: string = randomUUID(),
): Prediction {
  if (request.modelName === '') throw new ServingError('badRequest', 'Parameter model_name is required.');
  const parameters = Object.entries(request.input).map(([name, value]) => ({ name, contentType: '', value }));
  const headers = [
    ...(request.sequenceId ? [names.id, request.sequenceId] : []),
    ...(says(request, names.start) ? [names.start, 'true'] : []),
    ...(says(request, names.end) ? [names.end, 'true'] : []),
  ];
  return {
    target: { model: request.modelName, version: request.modelVersion || null },
    input: { requestId, parameters, headers, trace },
  };
}

/** Whether the entry of that name is `true`, in any case. */
export function says({ input }: PredictionsRequest__Output, key: string): boolean {
  return Object.hasOwn(input, key) && input[key]?.toString().toLowerCase() === 'true';
}
