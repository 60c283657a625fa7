import type { ServerWritableStream } from '@grpc/grpc-js';
import type { Inference } from '../../batching/inference.js';
import { wholeBody } from '../../batching/whole-body.js';
import type { SequenceHeaders } from '../../config/sequence-headers.js';
import type { InferenceAPIsServiceHandlers } from '../../generated/org/pytorch/serve/grpc/inference/InferenceAPIsService.js';
import type { PredictionResponse } from '../../generated/org/pytorch/serve/grpc/inference/PredictionResponse.js';
import type { PredictionsRequest__Output } from '../../generated/org/pytorch/serve/grpc/inference/PredictionsRequest.js';
import type { Logger } from '../../observability/logging/logging.js';
import type { Serving } from '../../serving/serving.js';
import { traceOf } from './call-trace.js';
import { failureOf, servingErrorOf } from './grpc-error.js';
import { type Failing, unary } from './method.js';
import { predictionOf } from './prediction.js';
import { serveSequences } from './sequence-call.js';
import { trailersOf } from './trailers.js';
import { writeAll } from './write-all.js';

/** What the service works with. */
export interface InferenceServiceParts {
  readonly serving: Serving;
  readonly sequenceHeaders: SequenceHeaders;
  /** How long the reader of a stream may take nothing, in ms; 0: for ever. */
  readonly streamStallMs: number;
  readonly log: Logger;
}

/** `org.pytorch.serve.grpc.inference.InferenceAPIsService`. */
export function inferenceService({
  serving,
  sequenceHeaders,
  streamStallMs,
  log,
}: InferenceServiceParts): InferenceAPIsServiceHandlers {
  const failing: Failing = { door: 'inference', log };
  return {
    Ping: unary(failing, async () => ({ message: { health: healthText(serving.healthy()) } })),

    Predictions: unary(failing, async (request, call) => {
      const { target, input } = predictionOf(request, sequenceHeaders, traceOf(call.metadata));
      call.concerns(input.requestId);
      const inference = serving.infer(target, input);
      call.onGone(() => inference.cancel());
      const answer = await inference.answer;
      return {
        message: { prediction: (await wholeBody(answer)) as Buffer },
        trailers: trailersOf(input.requestId, answer),
      };
    }),

    StreamPredictions: (call) => {
      void streamPrediction({ serving, sequenceHeaders, streamStallMs, log }, call);
    },

    StreamPredictions2: (call) => serveSequences(call, { serving, headers: sequenceHeaders, streamStallMs, log }),
  };
}

/** As REST has it, without the newline at the end. */
export function healthText(healthy: boolean): string {
  return JSON.stringify({ status: healthy ? 'Healthy' : 'Unhealthy' }, null, 2);
}

/** Never rejects. */
async function streamPrediction(
  { serving, sequenceHeaders, streamStallMs, log }: InferenceServiceParts,
  call: ServerWritableStream<PredictionsRequest__Output, PredictionResponse>,
): Promise<void> {
  let inference: Inference | undefined;
  let requestId: string | undefined;
  try {
    const { target, input } = predictionOf(call.request, sequenceHeaders, traceOf(call.metadata));
    requestId = input.requestId;
    const admitted = serving.infer(target, input);
    inference = admitted;
    call.once('cancelled', () => admitted.cancel());
    const answer = await admitted.answer;
    const alive = await writeAll(call, answer, (prediction) => ({ prediction: prediction as Buffer }), streamStallMs);
    if (alive) call.end(trailersOf(requestId, answer));
  } catch (error) {
    const shown = servingErrorOf(error, (message, thrown) =>
      log.error(message, { error: thrown, ...(requestId && { requestId }) }),
    );
    call.emit('error', failureOf(shown, 'inference'));
  } finally {
    inference?.cancel();
  }
}
