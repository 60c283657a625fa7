import type { OpenedArchive } from '../archive/archive.js';
import { archiveBytes } from '../archive/archive-bytes.js';
import { identify, type ModelIdentity } from '../archive/model-identity.js';
import type { PreparedPython } from '../archive/requirements.js';
import type { AutoscaleSettings } from '../config/autoscale.js';
import type { Config } from '../config/config.js';
import type { ModelSettings } from '../config/models.js';
import { sequenceHeadersOf } from '../config/sequence-headers.js';
import { ServingError } from '../errors/serving-error.js';
import type { Logger } from '../observability/logging/logging.js';
import { ModelVersion, type Waker } from '../registry/model-version.js';
import type { Registry } from '../registry/registry.js';
import type { WorkerFactory } from '../workers/worker-factory.js';
import type { Asked } from './lifecycle.js';
import {
  resolveAutoscale,
  resolveSettings,
  resolveWorkers,
  type WorkerBounds,
  type WorkerDefaults,
  warningsOf,
} from './resolve-settings.js';
import type { VersionWatch } from './version-watch.js';
import { withinGpus } from './within-gpus.js';

/** What versions are made with. */
export interface MakerParts {
  readonly config: Config;
  readonly registry: Registry;
  readonly workers: WorkerFactory;
  readonly watch: VersionWatch;
  /** Installs what the archive requires, where the configuration says so; answers with what its workers run on. */
  readonly preparePython: (
    archive: OpenedArchive,
    model: ModelIdentity,
    signal: AbortSignal,
  ) => Promise<PreparedPython>;
  /** Starts workers on demand. */
  readonly waker: Waker;
  readonly log: Logger;
}

/** A version that is to be registered: by a call, at the start of the server, or as a node of a workflow. */
export interface VersionOrder {
  readonly asked: Asked;
  /** Finds and unpacks its archive. */
  readonly open: (signal: AbortSignal) => Promise<OpenedArchive>;
  /** As it is listed and saved; null where it has no archive of its own. */
  readonly url: string | null;
  /** What holds where neither the call, its yaml nor the key `models` says anything; absent: TorchServe's defaults. */
  readonly fallback?: ModelSettings;
  /** How many workers it gets where nobody says. */
  readonly defaults: WorkerDefaults;
  /** It is one of `load_models`, and not a call's or a snapshot's. */
  readonly loadedAtStartup: boolean;
  /** The workflow that it is a node of; absent: none. */
  readonly workflow?: string;
}

/** A registered version that has no workers yet, and how many it should have. */
export interface MadeVersion {
  readonly version: ModelVersion;
  readonly bounds: WorkerBounds;
}

/** From an order to a version in the registry. */
export class VersionMaker {
  readonly #parts: MakerParts;
  /** What autoscaling switched on or off by a call goes by. */
  readonly #autoscaleOf = new WeakMap<ModelVersion, (on: boolean) => AutoscaleSettings | null>();
  /** Ends downloads and installations when the server stops. */
  readonly #closing = new AbortController();

  constructor(parts: MakerParts) {
    this.#parts = parts;
  }

  /** Aborted when the server stops. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  close(): void {
    this.#closing.abort(new ServingError('unavailable', 'The server is stopping.'));
  }

  /** Whatever fails leaves nothing behind. @throws ServingError. */
  async add(order: VersionOrder): Promise<MadeVersion> {
    const archive = await order.open(this.closing);
    try {
      const made = await this.#prepare(order, archive);
      this.#parts.registry.add(made.version);
      return made;
    } catch (error) {
      await archive.remove();
      throw error;
    }
  }

  /** @throws ServingError badRequest where it cannot be switched on. */
  switchAutoscale(version: ModelVersion, on: boolean): void {
    version.autoscale = this.#autoscaleOf.get(version)?.(on) ?? null;
    version.autoscaleStatus = null;
  }

  async #prepare(order: VersionOrder, archive: OpenedArchive): Promise<MadeVersion> {
    const { asked, url, defaults, loadedAtStartup, workflow } = order;
    const { config, workers, watch, registry, waker } = this.#parts;
    const identity = identify(archive.manifest, {
      modelName: asked.modelName,
      handler: asked.handler,
      runtime: asked.runtime,
      defaultHandler: config.defaultServiceHandler,
      nameFromFile: loadedAtStartup ? url : null,
    });
    const { name: modelName, version } = identity;
    registry.mustBeFree({ model: modelName, version });
    const prepared = await this.#parts.preparePython(archive, identity, this.closing);
    const warn = (sentence: string): void => this.#parts.log.warn(`${modelName} ${version}: ${sentence}`);
    const sources = {
      asked,
      yaml: archive.modelConfig ?? {},
      configured: { ...order.fallback, ...config.models?.get(modelName)?.get(version) },
      config,
      identity,
    };
    const settings = resolveSettings(sources, workers.gpuCount, warn);
    for (const warning of [...archive.warnings, ...warningsOf(settings)]) warn(warning);
    const autoscale = resolveAutoscale(sources, settings);
    const bounds = withinGpus(
      resolveWorkers(sources, defaults, autoscale !== null),
      modelName,
      settings,
      workers.gpuCount,
    );
    const meter = watch.meterOf(modelName, version);
    const made = new ModelVersion({
      modelName,
      version,
      url,
      workflow,
      settings,
      loadedAtStartup,
      sequenceHeaders: sequenceHeadersOf(config),
      createWorker: (owner) =>
        workers.create(
          { modelName, version, modelDir: archive.folder, ...prepared, batcher: owner.batcher, ...settings },
          watch.eventsOf(owner, meter),
        ),
      autoscale,
      waker,
      archiveBytes: await archiveBytes(archive.folder),
      meter,
      onFailed: watch.failuresOf(modelName, version),
      discard: () => archive.remove(),
    });
    this.#autoscaleOf.set(made, (on) => resolveAutoscale({ ...sources, asked: { ...asked, autoscale: on } }, settings));
    return { version: made, bounds };
  }
}
