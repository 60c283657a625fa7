import { randomUUID } from 'node:crypto';
import { wholeBody } from '../../batching/whole-body.js';
import { ServingError } from '../../errors/serving-error.js';
import type { GRPCInferenceServiceHandlers } from '../../generated/inference/GRPCInferenceService.js';
import type { Logger } from '../../observability/logging/logging.js';
import type { Serving, Target } from '../../serving/serving.js';
import { traceOf } from './call-trace.js';
import { type Failing, unary } from './method.js';
import { inferJson, inferResponse } from './open-inference-message.js';
import { trailersOf } from './trailers.js';

/** What the service works with. */
export interface OpenInferenceServiceParts {
  readonly serving: Serving;
  /** The server's own version. */
  readonly version: string;
  readonly log: Logger;
}

/** The Open Inference Protocol; the same for both of its package names, whose messages are alike. */
export function openInferenceService({
  serving,
  version,
  log,
}: OpenInferenceServiceParts): GRPCInferenceServiceHandlers {
  const failing: Failing = { door: 'inference', log };
  return {
    ServerLive: unary(failing, async () => ({ message: { live: true } })),
    ServerReady: unary(failing, async () => ({ message: { ready: true } })),
    ServerMetadata: unary(failing, async () => ({
      message: { name: 'Torchserve', version, extensions: ['kserve', 'kubeflow'] },
    })),

    ModelReady: unary(failing, async (request) => {
      const [found] = serving.describe(targetOf('name', request.name, request.version));
      const ready = found?.workers.filter(({ state }) => state === 'ready').length ?? 0;
      return { message: { ready: found !== undefined && ready >= found.minWorkers } };
    }),

    ModelMetadata: unary(failing, async ({ name, version: asked }) => {
      serving.mustExist(targetOf('model_name', name, asked));
      const versions = serving.describe({ model: name, version: 'all' }).map((one) => one.version);
      return { message: { name, versions, platform: '', inputs: [], outputs: [] } };
    }),

    ModelInfer: unary(failing, async (request, call) => {
      const target = targetOf('model_name', request.modelName, request.modelVersion);
      serving.mustExist(target);
      const requestId = randomUUID();
      call.concerns(requestId);
      const body = { name: 'body', contentType: 'application/json', value: Buffer.from(inferJson(request)) };
      const inference = serving.infer(target, {
        requestId,
        parameters: [body],
        headers: [],
        trace: traceOf(call.metadata),
      });
      call.onGone(() => inference.cancel());
      const answer = await inference.answer;
      const { id, modelName, modelVersion, rawInputContents } = request;
      const asked = { id, modelName, modelVersion, raw: rawInputContents.length > 0 };
      return { message: inferResponse(await wholeBody(answer), asked), trailers: trailersOf(requestId, answer) };
    }),
  };
}

/** @throws ServingError badRequest where no model is named. */
function targetOf(parameter: string, model: string, version: string): Target {
  if (model === '') throw new ServingError('badRequest', `Parameter ${parameter} is required.`);
  return { model, version: version || null };
}
