import type { InferenceInput } from '../batching/inference.js';
import { PendingRequest } from '../batching/pending-request.js';
import { inSequence } from '../batching/sequence-words.js';
import type { VersionBatcher } from '../batching/version-batcher.js';
import type { AutoscaleSettings } from '../config/autoscale.js';
import type { SequenceHeaders } from '../config/sequence-headers.js';
import { ServingError } from '../errors/serving-error.js';
import type { VersionMeter } from '../observability/metrics/version-meter.js';
import { timeLimit } from '../workers/time-limit.js';
import type { Worker } from '../workers/worker.js';
import { type Resized, WorkerPool } from '../workers/worker-pool.js';
import type { AutoscaleSnapshot, AutoscaleStatus } from './autoscale-status.js';
import { makeBatcher } from './make-batcher.js';
import type { OpenAiDeclaration } from './openai-declaration.js';
import type { VersionSnapshot } from './snapshot.js';
import type { VersionSettings } from './version-settings.js';

/** Who starts workers for a version that has none when a request comes: load on demand. */
export interface Waker {
  /** Why no worker could be started for the version now, as a sentence; null where one may be. */
  obstacle(version: ModelVersion): string | null;
  /** A request waits in the queue of a version that has no worker. */
  wake(version: ModelVersion): void;
}

/** What a version is made of. */
export interface VersionParts {
  readonly modelName: string;
  readonly version: string;
  /** As it was registered; null where it came from no archive. */
  readonly url: string | null;
  /** The workflow that it is a node of, with which it comes and goes; absent: none. */
  readonly workflow?: string | undefined;
  readonly settings: VersionSettings;
  readonly loadedAtStartup: boolean;
  /** Where requests of a stateful model say which sequence they belong to. */
  readonly sequenceHeaders: SequenceHeaders;
  /** Makes and starts one worker that pulls from the batcher; it must tell `workerGaveUp` when one does. */
  readonly createWorker: (version: ModelVersion) => Worker;
  /** How its workers follow the load; absent or null: they do not. */
  readonly autoscale?: AutoscaleSettings | null;
  /** Starts a worker when a request comes and there is none, where autoscaling is on; absent: nobody does. */
  readonly waker?: Waker;
  /** Bytes of the files of its archive; absent: not known. */
  readonly archiveBytes?: number;
  /** Where it tells what it does; absent: nowhere. */
  readonly meter?: VersionMeter;
  /** Hears of each request that is answered with an error. */
  readonly onFailed?: (error: ServingError, requestId: string) => void;
  /** Deletes the unpacked archive. */
  readonly discard: () => Promise<void>;
}

/** One version of a model: its settings, its queue and its workers. Starts nothing by itself. */
export class ModelVersion {
  readonly modelName: string;
  readonly version: string;
  readonly settings: VersionSettings;
  readonly batcher: VersionBatcher;
  readonly url: string | null;
  readonly workflow: string | null;
  readonly loadedAtStartup: boolean;
  readonly registeredAt = new Date();
  /** How its workers follow the load; null: they stay as many as the bounds make them. */
  autoscale: AutoscaleSettings | null;
  /** What autoscaling made of it; null where it is off, or has not looked yet. */
  autoscaleStatus: AutoscaleStatus | null = null;
  readonly #parts: VersionParts;
  readonly #pool: WorkerPool;
  readonly #onFailed = (error: ServingError, { input }: PendingRequest): void => {
    this.#parts.meter?.failed(error.kind);
    this.#parts.onFailed?.(error, input.requestId);
  };
  #minWorkers = 0;
  #maxWorkers = 0;
  #lastError: string | null = null;
  #declared: OpenAiDeclaration | null = null;
  #closed = false;

  constructor(parts: VersionParts) {
    const { settings } = parts;
    this.#parts = parts;
    this.modelName = parts.modelName;
    this.version = parts.version;
    this.url = parts.url;
    this.workflow = parts.workflow ?? null;
    this.loadedAtStartup = parts.loadedAtStartup;
    this.settings = settings;
    this.autoscale = parts.autoscale ?? null;
    this.batcher = makeBatcher(settings, parts.sequenceHeaders, () => this.#minWorkers);
    this.#pool = new WorkerPool(() => parts.createWorker(this));
  }

  get minWorkers(): number {
    return this.#minWorkers;
  }

  get maxWorkers(): number {
    return this.#maxWorkers;
  }

  get readyWorkers(): number {
    return this.#pool.ready;
  }

  get workers(): number {
    return this.#pool.size;
  }

  /** Workers that serve, or may come to serve by themselves. */
  get aliveWorkers(): number {
    return this.#pool.alive;
  }

  /** Bytes of the files of its archive; 0 where that is not known. */
  get archiveBytes(): number {
    return this.#parts.archiveBytes ?? 0;
  }

  /** Workers that failed and wait for their next try. */
  get restartingWorkers(): number {
    return this.#pool.restarting;
  }

  /** Unregistered, or the server is stopping. */
  get closed(): boolean {
    return this.#closed;
  }

  get meter(): VersionMeter | null {
    return this.#parts.meter ?? null;
  }

  /** What it answers of OpenAI's API; null while its handler has not been loaded, and the yaml does not tell. */
  get openai(): OpenAiDeclaration | null {
    const { openaiRoutes: routes } = this.settings;
    return routes === null ? this.#declared : { routes, models: this.#declared?.models ?? [] };
  }

  /** The processes of each worker that serves: one, or its ranks and what started them. */
  workerPids(): readonly (readonly number[])[] {
    return this.#pool.pids();
  }

  /** False once fewer workers than the minimum serve or may come to serve. */
  get healthy(): boolean {
    return this.#pool.alive >= this.#minWorkers;
  }

  /**
   * Puts a request in the queue.
   * @param namedVersion as the caller named it, for the text of a refusal; null where it named none.
   * A request to a stateful model that names no sequence starts one.
   * @param caller a workflow asks on a client's behalf: it counts as no request of one, and sets its own deadline.
   * @throws ServingError unavailable where no worker may come to serve it, the queue is full or its sequence is lost.
   */
  submit(input: InferenceInput, namedVersion: string | null, caller: 'client' | 'workflow' = 'client'): PendingRequest {
    if (caller === 'client') this.#parts.meter?.asked(namedVersion);
    input.trace?.servedBy(this.modelName, this.version);
    const { stateful, clientTimeoutMs } = this.settings;
    const deadlineMs = caller === 'client' ? clientTimeoutMs : 0;
    const asked = stateful ? inSequence(input, this.#parts.sequenceHeaders) : input;
    return this.#admit(new PendingRequest(asked, { deadlineMs, namedVersion, onFailed: this.#onFailed }), () =>
      this.#noWorker(namedVersion),
    );
  }

  /** The same for a customized describe, which shares its batch with nobody. */
  submitDescribe(input: InferenceInput): PendingRequest {
    return this.#admit(
      new PendingRequest(input, { alone: true, deadlineMs: this.settings.responseTimeoutSeconds * 1000 }),
      () =>
        `Model "${this.modelName}" has no worker to serve describe request. Please use scale workers API to add workers.`,
    );
  }

  /** Sets the bounds and brings the pool within them. */
  scale(minWorkers: number, maxWorkers: number, graceMs: number): Resized {
    this.#minWorkers = minWorkers;
    this.#maxWorkers = maxWorkers;
    const resized = this.#pool.resize(minWorkers, maxWorkers, graceMs);
    if (this.#pool.size === 0 && this.#obstacleToWaking() !== null) this.#answerQueue();
    return resized;
  }

  /** Brings the pool to so many workers and leaves the bounds as they are. */
  resize(workers: number, graceMs: number): Resized {
    return this.#pool.resize(workers, workers, graceMs);
  }

  /** Takes out one worker that is of no use; resolves when it is gone. */
  async drop(worker: Worker, graceMs: number): Promise<void> {
    await this.#pool.drop(worker, graceMs);
  }

  /** Answers all that waits: nobody will come to serve it. @param why a sentence. */
  refuseWaiting(why: string): void {
    this.batcher.failAll(() => new ServingError('unavailable', this.#noWorkerBecause(why)));
  }

  /** A worker could not start, or died. */
  workerDied(reason: string): void {
    this.#lastError = reason;
  }

  /** A worker will not be tried again: where it was the last one, nobody will serve what waits. */
  workerGaveUp(): void {
    if (this.#pool.alive === 0) this.#answerQueue();
  }

  /** @param declared what its handler says. */
  workerLoaded(declared: OpenAiDeclaration): void {
    this.#lastError = null;
    this.#declared = declared;
  }

  /**
   * Takes nothing new, lets what is queued and in hand be answered for up to the grace (ms), answers the rest 503, ends
   * the workers and deletes the unpacked archive.
   */
  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    const deadline = performance.now() + graceMs;
    if (this.#pool.alive > 0) await timeLimit(this.batcher.drained(), graceMs);
    this.#answerQueue();
    await this.#pool.close(Math.max(0, deadline - performance.now()));
    this.#answerQueue();
    await this.#parts.discard();
  }

  snapshot(isDefault: boolean): VersionSnapshot {
    return {
      ...this.settings,
      openai: this.openai,
      modelName: this.modelName,
      version: this.version,
      isDefault,
      url: this.url,
      registeredAt: this.registeredAt,
      minWorkers: this.#minWorkers,
      maxWorkers: this.#maxWorkers,
      loadedAtStartup: this.loadedAtStartup,
      workers: this.#pool.snapshot(),
      remainingCapacity: this.batcher.remainingCapacity,
      pendingRequests: this.batcher.pending,
      lastError: this.#lastError,
      autoscale: this.#autoscaleSnapshot(),
    };
  }

  #autoscaleSnapshot(): AutoscaleSnapshot | null {
    if (this.autoscale === null) return null;
    const first = { workersWanted: this.#pool.size, reason: 'nothing was seen yet', changedAt: null, bound: null };
    return { ...first, ...this.autoscaleStatus, settings: this.autoscale };
  }

  #admit(request: PendingRequest, refusal: () => string): PendingRequest {
    const asleep = this.#pool.alive === 0;
    const obstacle = asleep ? this.#obstacleToWaking() : null;
    try {
      if (!this.#closed && (!asleep || obstacle === null) && this.batcher.admit(request)) {
        if (asleep) this.#parts.waker?.wake(this);
        return request;
      }
      throw new ServingError('unavailable', obstacle ? this.#noWorkerBecause(obstacle) : refusal());
    } catch (error) {
      // Settles the request as well, so that its deadline does not run on.
      request.answer.catch(() => {});
      request.fail(error as ServingError);
      throw error;
    }
  }

  /** Why no worker would come for a request; empty where nobody would start one anyway. */
  #obstacleToWaking(): string | null {
    const { waker } = this.#parts;
    return this.autoscale !== null && this.#maxWorkers > 0 && waker ? waker.obstacle(this) : '';
  }

  #noWorkerBecause(why: string): string {
    return `Model "${this.modelName}" has no worker to serve inference request. ${why}`;
  }

  #answerQueue(): void {
    this.batcher.failAll(() => new ServingError('unavailable', this.#noWorker(null)));
  }

  /** TorchServe's text, the stray quotation mark behind the version included: clients match on it. */
  #noWorker(namedVersion: string | null): string {
    const version = namedVersion === null ? '' : ` Version ${namedVersion}"`;
    return `Model "${this.modelName}"${version} has no worker to serve inference request. Please use scale workers API to add workers. If this is a sequence inference, please check if it is closed, or expired; or exceeds maxSequenceJobQueueSize`;
  }
}
