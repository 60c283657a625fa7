import { type Answer, bytesOf, type Inference, type InferenceInput } from '../../src/batching/inference.js';
import { ServingError } from '../../src/errors/serving-error.js';
import type {
  Lifecycle,
  RegisterOptions,
  RegisterOutcome,
  ScaleOptions,
  ScaleOutcome,
} from '../../src/lifecycle/lifecycle.js';
import type { VersionSnapshot } from '../../src/registry/snapshot.js';
import type { OpenAiModel, Serving, Target } from '../../src/serving/serving.js';

/** What a model of an `EchoServing` does with a request; undefined: it tells what it was given, as JSON. */
export type EchoModel = (input: InferenceInput, signal: AbortSignal) => Promise<Partial<Answer>> | Partial<Answer>;

/** A version as describe gives it, with everything at its default. */
export function versionSnapshot(
  modelName: string,
  version: string,
  change: Partial<VersionSnapshot> = {},
): VersionSnapshot {
  return {
    modelName,
    version,
    isDefault: true,
    url: `${modelName}.mar`,
    registeredAt: new Date(0),
    runtime: 'python',
    minWorkers: 1,
    maxWorkers: 1,
    batchSize: 1,
    maxBatchDelayMs: 100,
    batchPolicy: 'window',
    responseTimeoutSeconds: 120,
    startupTimeoutSeconds: 120,
    maxRetryTimeoutSeconds: 300,
    clientTimeoutMs: 0,
    parallelType: '',
    parallelLevel: 0,
    torchrun: null,
    deviceType: 'cpu',
    deviceIds: null,
    continuousBatching: false,
    asyncCommunication: false,
    useJobTicket: false,
    useVenv: false,
    stateful: false,
    sequenceMaxIdleMs: 0,
    sequenceTimeoutMs: 0,
    maxNumSequence: 0,
    maxSequenceJobQueueSize: 0,
    openai: null,
    autoscale: null,
    loadedAtStartup: false,
    workers: [
      {
        id: '9000',
        startTime: new Date(0),
        state: 'ready',
        memoryBytes: 1,
        pid: 1,
        gpuId: null,
        lastError: null,
      },
    ],
    remainingCapacity: 100,
    pendingRequests: 0,
    lastError: null,
    ...change,
  };
}

/**
 * Serving and lifecycle without workers, for tests of the front doors: models live in a map, answer what a function says,
 * and calls of the lifecycle are remembered.
 */
export class EchoServing implements Serving, Lifecycle {
  readonly models = new Map<string, Map<string, VersionSnapshot>>();
  readonly behaviours = new Map<string, EchoModel>();
  readonly calls: unknown[][] = [];
  readonly inputs: InferenceInput[] = [];
  cancelled = 0;
  isHealthy = true;
  startupModel: string | null = null;
  /** What `scale` answers. */
  scaleOutcome: ScaleOutcome = 'done';
  /** What `describeCustomized` answers. */
  customized: Partial<Answer> = { body: Buffer.from('{}') };

  add(name: string, version = '1.0', behaviour?: EchoModel, change: Partial<VersionSnapshot> = {}): this {
    const versions = this.models.get(name) ?? new Map();
    this.models.set(name, versions.set(version, versionSnapshot(name, version, change)));
    if (behaviour) this.behaviours.set(name, behaviour);
    return this;
  }

  infer(target: Target, input: InferenceInput): Inference {
    this.#find(target);
    this.inputs.push(input);
    return this.#inference(
      async (signal) => (await this.behaviours.get(target.model)?.(input, signal)) ?? told(target, input),
    );
  }

  describeCustomized(target: Target, input: InferenceInput): Inference {
    this.#find(target);
    this.inputs.push(input);
    return this.#inference(async () => this.customized);
  }

  describe(target: Target): readonly VersionSnapshot[] {
    if (target.version === 'all')
      return [...(this.models.get(this.#find({ ...target, version: null }).modelName)?.values() ?? [])];
    return [this.#find(target)];
  }

  mustExist(target: Target): void {
    this.#find(target);
  }

  list(): readonly VersionSnapshot[] {
    return [...this.models.keys()].sort().map((model) => this.#find({ model, version: null }));
  }

  openaiModels(): readonly OpenAiModel[] {
    return this.list().flatMap((version) => (version.openai?.routes.length ? [openAiModel(version)] : []));
  }

  openaiModel(id: string): OpenAiModel {
    return openAiModel(this.#find({ model: id, version: null }));
  }

  soleStartupModel(): string | null {
    return this.startupModel;
  }

  healthy(): boolean {
    return this.isHealthy;
  }

  async register(options: RegisterOptions): Promise<RegisterOutcome> {
    this.calls.push(['register', options]);
    const workers = options.initialWorkers ?? 0;
    const model = options.modelName ?? options.url.replace(/\.mar$/, '');
    this.add(model);
    return { model, version: '1.0', workers, done: workers === 0 || options.synchronous };
  }

  async scale(target: Target, options: ScaleOptions): Promise<ScaleOutcome> {
    this.calls.push(['scale', target, options]);
    this.#find(target);
    return this.scaleOutcome;
  }

  async unregister(target: Target): Promise<void> {
    this.calls.push(['unregister', target]);
    this.#find(target);
    this.models.delete(target.model);
  }

  async setDefault(model: string, version: string): Promise<void> {
    this.calls.push(['setDefault', model, version]);
    this.#find({ model, version });
  }

  #find({ model, version }: Target): VersionSnapshot {
    const versions = this.models.get(model);
    if (!versions) throw new ServingError('modelNotFound', `Model not found: ${model}`);
    const found = version === null ? [...versions.values()][0] : versions.get(version);
    if (!found) {
      throw new ServingError('versionNotFound', `Model version: ${version} does not exist for model: ${model}`);
    }
    return found;
  }

  #inference(run: (signal: AbortSignal) => Promise<Partial<Answer>>): Inference {
    const controller = new AbortController();
    const cancel = () => {
      this.cancelled += 1;
      controller.abort();
    };
    const answer = run(controller.signal).then((said) => ({
      status: 200,
      phrase: '',
      headers: [],
      body: new Uint8Array(),
      ...said,
    }));
    answer.catch(() => {});
    return { answer, cancel };
  }
}

function openAiModel({ modelName: id, registeredAt, openai }: VersionSnapshot): OpenAiModel {
  return { id, target: { model: id, version: null }, routes: openai?.routes ?? [], registeredAt, parent: null };
}

function told(target: Target, input: InferenceInput): Partial<Answer> {
  const parameters = input.parameters.map(({ name, contentType, value }) => ({
    name,
    contentType,
    value: Buffer.from(bytesOf(value)).toString('latin1'),
  }));
  return { body: Buffer.from(JSON.stringify({ target, parameters, headers: input.headers })) };
}
