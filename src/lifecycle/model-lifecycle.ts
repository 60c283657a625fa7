import type { Config } from '../config/config.js';
import type { StartupModel } from '../config/models.js';
import { ServingError } from '../errors/serving-error.js';
import type { ModelVersion } from '../registry/model-version.js';
import type { Registry } from '../registry/registry.js';
import type { Target } from '../registry/target.js';
import { timeLimit } from '../workers/time-limit.js';
import type { Worker } from '../workers/worker.js';
import type { WorkerFactory } from '../workers/worker-factory.js';
import type { Resized } from '../workers/worker-pool.js';
import { allLoaded, startFailure } from './all-loaded.js';
import type { Asked, Lifecycle, RegisterOptions, RegisterOutcome, ScaleOptions, ScaleOutcome } from './lifecycle.js';
import type { SavedVersion } from './model-snapshot.js';
import type { OpenModel } from './open-model.js';
import type { WorkerBounds, WorkerDefaults } from './resolve-settings.js';
import type { SnapshotWriter } from './snapshot-writer.js';
import type { MadeVersion, VersionMaker } from './version-maker.js';
import { withinGpus } from './within-gpus.js';

/** What the lifecycle works with. */
export interface LifecycleParts {
  readonly config: Config;
  readonly registry: Registry;
  readonly workers: WorkerFactory;
  readonly versions: VersionMaker;
  readonly open: OpenModel;
  readonly snapshots: SnapshotWriter;
  /** Workers that the machine has devices for: one for each GPU, else for each core. */
  readonly devices: number;
}

/** A version that is being registered: by a call, or at the start of the server. */
interface Registration {
  readonly asked: Asked & { readonly url: string };
  /** How many workers it gets where nobody says. */
  readonly defaults: WorkerDefaults;
  /** While the server starts: a copy that an earlier run downloaded is used. */
  readonly atStart: boolean;
  /** It is one of `load_models`, and not a call's or a snapshot's. */
  readonly loadedAtStartup: boolean;
}

/** The only code that changes which versions there are and how many workers they have. */
export class ModelLifecycle implements Lifecycle {
  readonly #parts: LifecycleParts;
  /** Versions that were unregistered and have not ended yet. */
  readonly #leaving = new Set<Promise<void>>();

  constructor(parts: LifecycleParts) {
    this.#parts = parts;
  }

  async register(options: RegisterOptions): Promise<RegisterOutcome> {
    const { version, bounds } = await this.#add({
      asked: options,
      defaults: this.#defaults(this.#parts.config.defaultWorkersPerModel, 0),
      atStart: false,
      loadedAtStartup: false,
    });
    const { started } = this.#resize(version, bounds);
    await this.#parts.snapshots.write('snapshot');
    const outcome = { model: version.modelName, version: version.version, workers: bounds.min };
    if (!options.synchronous && bounds.min > 0) return { ...outcome, done: false };
    await allLoaded(started, { model: version.modelName, version: version.version });
    return { ...outcome, done: true };
  }

  /** Registers a model of `load_models`; its workers start in the background. */
  async loadAtStart({ url, name }: StartupModel, fallbackWorkers: number): Promise<void> {
    const { version, bounds } = await this.#add({
      asked: { url, ...(name === null ? {} : { modelName: name }) },
      defaults: this.#defaults(fallbackWorkers, 1),
      atStart: true,
      loadedAtStartup: true,
    });
    this.#resize(version, bounds);
  }

  /** Registers a version of a snapshot as it was; its workers start in the background. */
  async restore(saved: SavedVersion): Promise<void> {
    const { version } = await this.#add({
      asked: {
        url: saved.url ?? saved.marName,
        modelName: saved.model,
        batchSize: saved.batchSize,
        maxBatchDelayMs: saved.maxBatchDelay,
        ...(saved.batchPolicy === undefined ? {} : { batchPolicy: saved.batchPolicy }),
        ...(saved.handler === undefined ? {} : { handler: saved.handler }),
        ...(saved.runtimeType === undefined ? {} : { runtime: saved.runtimeType }),
        ...(saved.responseTimeout === undefined ? {} : { responseTimeoutSeconds: saved.responseTimeout }),
        ...(saved.startupTimeout === undefined ? {} : { startupTimeoutSeconds: saved.startupTimeout }),
        ...(saved.autoscale === undefined ? {} : { autoscale: saved.autoscale }),
      },
      defaults: this.#defaults(0, 0),
      atStart: true,
      loadedAtStartup: false,
    });
    this.#resize(version, { min: saved.minWorkers, max: Math.max(saved.minWorkers, saved.maxWorkers) });
    if (saved.defaultVersion) this.#parts.registry.setDefault(version.modelName, version.version);
  }

  async scale(target: Target, options: ScaleOptions): Promise<ScaleOutcome> {
    const version = this.#parts.registry.get(target);
    if (options.maxWorkers < options.minWorkers) {
      throw new ServingError('badRequest', 'max_worker cannot be less than min_worker.');
    }
    if (options.autoscale !== undefined) this.#parts.versions.switchAutoscale(version, options.autoscale);
    const { started, stopped } = this.#resize(version, { min: options.minWorkers, max: options.maxWorkers });
    await this.#parts.snapshots.write('snapshot');
    if (!options.synchronous) return 'processing';
    await this.#ended(stopped, startFailure(target));
    await allLoaded(started, target);
    return started.length === 0 && version.readyWorkers < options.minWorkers ? 'partial' : 'done';
  }

  /** Brings a version to so many workers within its bounds. @param full GPUs that new ones should not be given. */
  resize(version: ModelVersion, workers: number, full: ReadonlySet<number>): Resized {
    return this.#parts.workers.avoiding(full, () => version.resize(workers, this.#graceMs));
  }

  /** Takes out one worker of a version. */
  drop(version: ModelVersion, worker: Worker): Promise<void> {
    return version.drop(worker, this.#graceMs);
  }

  async unregister(target: Target): Promise<void> {
    const version = this.#parts.registry.remove(target);
    await this.#parts.snapshots.write('snapshot');
    const closed = version.close(this.#graceMs).finally(() => this.#leaving.delete(closed));
    this.#leaving.add(closed);
    await this.#ended(closed, `Timed out while cleaning resources: ${target.model}`);
  }

  async setDefault(model: string, version: string): Promise<void> {
    this.#parts.registry.setDefault(model, version);
    await this.#parts.snapshots.write('snapshot');
  }

  /** Ends every version, each after it has answered what it holds or the grace has passed. */
  async close(): Promise<void> {
    this.#parts.versions.close();
    const closed = this.#parts.registry.all().map((version) => version.close(this.#graceMs));
    await Promise.all([...closed, ...this.#leaving]);
  }

  get #graceMs(): number {
    return this.#parts.config.drainTimeout * 1000;
  }

  #add({ asked, defaults, atStart, loadedAtStartup }: Registration): Promise<MadeVersion> {
    const { open, versions } = this.#parts;
    const { url, s3SseKms = false } = asked;
    return versions.add({
      asked,
      url,
      open: (signal) => open(url, { s3SseKms, reuseDownload: atStart, signal }),
      defaults,
      loadedAtStartup,
    });
  }

  #defaults(workers: number, least: number): WorkerDefaults {
    const { config, devices } = this.#parts;
    const { debug, defaultWorkersPerModel } = config;
    const most = debug ? 1 : Number.POSITIVE_INFINITY;
    return {
      workers: Math.min(workers, most),
      elastic: { min: Math.min(defaultWorkersPerModel || least, most), max: Math.min(devices, most) },
    };
  }

  #resize(version: ModelVersion, bounds: WorkerBounds): Resized {
    const { min, max } = withinGpus(bounds, version.modelName, version.settings, this.#parts.workers.gpuCount);
    return version.scale(min, max, this.#graceMs);
  }

  /** @throws ServingError timedOut where workers take longer to end than the configuration says; they end all the same. */
  async #ended(workers: Promise<void>, message: string): Promise<void> {
    const outcome = await timeLimit(workers, this.#parts.config.unregisterModelTimeout * 1000);
    if (outcome === 'timed out') throw new ServingError('timedOut', message);
  }
}
