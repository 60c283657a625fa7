import { randomUUID } from 'node:crypto';
import { wholeBody } from '../../batching/whole-body.js';
import { ServingError } from '../../errors/serving-error.js';
import type { ManagementAPIsServiceHandlers } from '../../generated/org/pytorch/serve/grpc/management/ManagementAPIsService.js';
import type { ManagementResponse } from '../../generated/org/pytorch/serve/grpc/management/ManagementResponse.js';
import type { RegisterModelRequest__Output } from '../../generated/org/pytorch/serve/grpc/management/RegisterModelRequest.js';
import type { ScaleWorkerRequest__Output } from '../../generated/org/pytorch/serve/grpc/management/ScaleWorkerRequest.js';
import type { Lifecycle, RegisterOptions, RegisterOutcome, ScaleOptions } from '../../lifecycle/lifecycle.js';
import type { Logger } from '../../observability/logging/logging.js';
import type { Serving, Target } from '../../serving/serving.js';
import { customizedMetadata } from '../http/endpoints/describe.js';
import { modelDescriptions } from '../http/endpoints/model-description.js';
import { pageOf } from '../http/endpoints/page.js';
import { type CallContext, type Failing, type Reply, unary } from './method.js';

/** What the service works with. */
export interface ManagementServiceParts {
  readonly serving: Serving;
  readonly lifecycle: Lifecycle;
  /** Whether models may be registered and unregistered. */
  readonly modelApi: boolean;
  readonly log: Logger;
}

const inProgress = 'Processing worker updates...';
const allVersions = 'all';

/** `org.pytorch.serve.grpc.management.ManagementAPIsService`. */
export function managementService({
  serving,
  lifecycle,
  modelApi,
  log,
}: ManagementServiceParts): ManagementAPIsServiceHandlers {
  const failing: Failing = { door: 'management', log };
  /** A method that answers a text. */
  const said = <Request>(answer: (request: Request, call: CallContext) => Promise<string>) =>
    unary(
      failing,
      async (request: Request, call): Promise<Reply<ManagementResponse>> => ({
        message: { msg: await answer(request, call) },
      }),
    );
  const mustBeOpen = (): void => {
    if (!modelApi) throw new ServingError('methodNotAllowed', 'Model API disabled');
  };

  return {
    DescribeModel: said(async (request, call) => {
      const target = targetOf(request);
      const versions = serving.describe(target);
      if (!request.customized || target.version === allVersions) return json(await modelDescriptions(versions));
      const inference = serving.describeCustomized(target, { requestId: randomUUID(), parameters: [], headers: [] });
      call.onGone(() => inference.cancel());
      const own = customizedMetadata(await wholeBody(await inference.answer));
      return json(await modelDescriptions(versions, own));
    }),

    ListModels: said(async ({ limit, nextPageToken }) => {
      const all = serving.list().flatMap(({ modelName, url }) => (url === null ? [] : [{ modelName, modelUrl: url }]));
      const { items, next } = pageOf(all, { limit: limit > 0 ? limit : 100, next_page_token: nextPageToken });
      return json({ nextPageToken: next, models: items });
    }),

    RegisterModel: said(async (request) => {
      mustBeOpen();
      return registered(await lifecycle.register(registerOptions(request)));
    }),

    ScaleWorker: said(async (request) => {
      required('model_name', request.modelName);
      const target = targetOf(request);
      const options = scaleOptions(request);
      const outcome = await lifecycle.scale(target, options);
      if (outcome === 'processing') return inProgress;
      if (outcome === 'partial') return 'Workers scaling in progress...';
      const version = target.version === null ? '' : `, version: ${target.version}`;
      return `Workers scaled to ${options.minWorkers} for model: ${target.model}${version}`;
    }),

    SetDefault: said(async ({ modelName, modelVersion }) => {
      await lifecycle.setDefault(modelName, modelVersion);
      return `Default version successfully updated for model "${modelName}" to "${modelVersion}"`;
    }),

    UnregisterModel: said(async (request) => {
      mustBeOpen();
      required('model_name', request.modelName);
      await lifecycle.unregister(targetOf(request));
      return `Model "${request.modelName}" unregistered`;
    }),
  };
}

function targetOf({ modelName, modelVersion }: { readonly modelName: string; readonly modelVersion: string }): Target {
  return { model: modelName, version: modelVersion || null };
}

/** As REST has it, without the newline at the end. */
function json(document: unknown): string {
  return JSON.stringify(document, null, 2);
}

function required(name: string, value: string): void {
  if (value === '') throw new ServingError('badRequest', `Parameter ${name} is required.`);
}

const runtimes = ['python', 'python3', 'LSP'] as const;

/** What the request leaves unset is left to the archive and the configuration. */
function registerOptions(request: RegisterModelRequest__Output): RegisterOptions {
  required('url', request.url);
  const runtime = runtimes.find((name) => name === request.runtime);
  if (request.runtime !== '' && runtime === undefined) {
    throw new ServingError('badRequest', `Invalid RuntimeType value: ${request.runtime}`);
  }
  return {
    url: request.url,
    synchronous: request.synchronous,
    s3SseKms: request.s3SseKms,
    ...(runtime && { runtime }),
    ...(request.modelName && { modelName: request.modelName }),
    ...(request.handler && { handler: request.handler }),
    ...(request.batchSize > 0 && { batchSize: request.batchSize }),
    ...(request.maxBatchDelay > 0 && { maxBatchDelayMs: request.maxBatchDelay }),
    ...(request.initialWorkers > 0 && { initialWorkers: request.initialWorkers }),
    ...(request.responseTimeout > 0 && { responseTimeoutSeconds: request.responseTimeout }),
    ...(request.startupTimeout > 0 && { startupTimeoutSeconds: request.startupTimeout }),
  };
}

function registered({ model, version, workers, done }: RegisterOutcome): string {
  if (!done) return inProgress;
  const hint = workers === 0 ? '. Use scale workers API to add workers for the model.' : '';
  return `Model "${model}" Version: ${version} registered with ${workers} initial workers${hint}`;
}

/** @throws ServingError badRequest where the maximum is below the minimum. */
function scaleOptions({ minWorker, maxWorker, synchronous }: ScaleWorkerRequest__Output): ScaleOptions {
  const asked = minWorker ?? -1;
  const minWorkers = asked >= 0 ? asked : 1;
  const maxWorkers = maxWorker > 0 ? maxWorker : minWorkers;
  if (maxWorkers < minWorkers) throw new ServingError('badRequest', 'max_worker cannot be less than min_worker.');
  return { minWorkers, maxWorkers, synchronous };
}
