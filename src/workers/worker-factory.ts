import { delimiter } from 'node:path';
import type { VersionBatcher } from '../batching/version-batcher.js';
import type { CpuShare } from './cpu/cpu-share.js';
import type { Dispatch } from './desk.js';
import type { DeviceAssigner } from './device-assigner.js';
import type { GpuSlice } from './gpu-slices.js';
import type { LinkServer } from './link/link-server.js';
import { RankGroup } from './ranks/rank-group.js';
import { isParallel, type ParallelSettings, rankPlan } from './ranks/rank-plan.js';
import type { TorchrunLauncher } from './ranks/torchrun-launcher.js';
import { RestartPolicy } from './restart-policy.js';
import { Worker, type WorkerEvents, type WorkerParts } from './worker.js';
import type { Launcher } from './worker-process.js';

/** What the workers of one version have in common. */
export interface WorkerRecipe extends ParallelSettings {
  readonly modelName: string;
  readonly version: string;
  /** Unpacked archive. */
  readonly modelDir: string;
  /** The interpreter of the model's own virtual environment, or the server's. */
  readonly python: string;
  /** Folders with packages of the model's own, before all others on the path. */
  readonly pythonPath: readonly string[];
  readonly handler: string;
  readonly envelope: string;
  readonly batchSize: number;
  readonly deviceType: 'cpu' | 'gpu';
  /** Whether workers are forked from a process that has loaded the model; on the CPU only. */
  readonly forksAfterLoad: boolean;
  readonly deviceIds: readonly number[] | null;
  readonly startupTimeoutSeconds: number;
  readonly responseTimeoutSeconds: number;
  readonly maxRetryTimeoutSeconds: number;
  readonly asyncCommunication: boolean;
  readonly continuousBatching: boolean;
  readonly stateful: boolean;
  readonly batcher: VersionBatcher;
}

/** What all workers of the server have in common. */
export interface WorkerSetting {
  readonly python: string;
  readonly env: Readonly<Record<string, string>>;
  readonly firstId: number;
  /** The same for workers of several processes, which take an id, and a port, for each of them. */
  readonly firstParallelId: number;
  readonly limitMaxImagePixels: boolean;
  /** Path, or empty for the one that the ts package ships. */
  readonly metricsConfig: string;
  /** Deadlines never pass, so that a debugger can be attached. */
  readonly debug: boolean;
}

/** The machinery that all workers of the server run on. */
export interface FactoryParts {
  readonly launcher: Launcher;
  /** Starts workers of several processes. */
  readonly torchrun: TorchrunLauncher;
  readonly links: Pick<LinkServer, 'target' | 'expect' | 'expectRanks'>;
  readonly cpuShare: CpuShare;
}

/** Makes workers; their ids count up and are never used twice. */
export class WorkerFactory {
  readonly #setting: WorkerSetting;
  readonly #parts: FactoryParts;
  readonly #devices: DeviceAssigner;
  #nextId: number;
  #nextParallelId: number;

  constructor(setting: WorkerSetting, parts: FactoryParts, devices: DeviceAssigner) {
    this.#setting = setting;
    this.#parts = parts;
    this.#devices = devices;
    this.#nextId = setting.firstId;
    this.#nextParallelId = setting.firstParallelId;
  }

  get gpuCount(): number {
    return this.#devices.gpuCount;
  }

  /** Workers that are made in the course of `work` are given other GPUs, where there are some. */
  avoiding<T>(full: ReadonlySet<number>, work: () => T): T {
    return this.#devices.avoiding(full, work);
  }

  /** @throws ServingError where it needs more GPUs than there are. */
  create(recipe: WorkerRecipe, events: WorkerEvents): Worker {
    const { python, limitMaxImagePixels, metricsConfig, debug } = this.#setting;
    const parallel = isParallel(recipe);
    const slice = parallel ? this.#devices.assignSlice(recipe, recipe.parallelLevel) : null;
    const gpuId = parallel ? (slice?.gpus[0] ?? null) : this.#devices.assign(recipe);
    const id = String(parallel ? this.#takeIds(recipe.parallelLevel) : this.#nextId++);
    const milliseconds = (seconds: number): number => (debug ? Number.POSITIVE_INFINITY : seconds * 1000);
    const load = {
      modelName: recipe.modelName,
      modelVersion: recipe.version,
      modelDir: recipe.modelDir,
      handler: recipe.handler,
      envelope: recipe.envelope,
      batchSize: recipe.batchSize,
      // A process that sees its own GPUs alone counts them from 0.
      gpuId: slice ? 0 : (gpuId ?? -1),
      limitMaxImagePixels,
      metricsConfig,
    };
    const worker = new Worker(
      {
        id,
        name: `W-${id}-${recipe.modelName}_${recipe.version}`,
        gpuId,
        python: recipe.python,
        env: this.#environment(recipe, slice),
        // Packages of the model's own must win over those that a nursery holds already.
        freshInterpreter: recipe.python !== python || recipe.pythonPath.length > 0,
        preload:
          recipe.forksAfterLoad && gpuId === null && !parallel
            ? { fields: protoNamed(load), timeoutMs: milliseconds(recipe.startupTimeoutSeconds) }
            : null,
        load,
        startupTimeoutMs: milliseconds(recipe.startupTimeoutSeconds),
        responseTimeoutMs: milliseconds(recipe.responseTimeoutSeconds),
        dispatch: dispatchOf(recipe),
      },
      {
        ...this.#machineryFor(recipe),
        cpuShare: this.#parts.cpuShare,
        batcher: recipe.batcher,
        restarts: new RestartPolicy(recipe.maxRetryTimeoutSeconds),
        events,
      },
    );
    if (slice) void worker.over.then(() => slice.release());
    return worker;
  }

  #machineryFor(recipe: WorkerRecipe): Pick<WorkerParts, 'launcher' | 'links'> {
    const plan = rankPlan(recipe);
    if (!plan) return this.#parts;
    const group = new RankGroup(plan, this.#parts);
    return { launcher: group, links: group };
  }

  #environment(recipe: WorkerRecipe, slice: GpuSlice | null): Readonly<Record<string, string>> {
    const env = withPath(this.#setting.env, recipe.pythonPath);
    if (!slice) return env;
    // Our indices count within what the operator lets the server see.
    const visible = env['CUDA_VISIBLE_DEVICES']?.split(',').map((name) => name.trim());
    return { ...env, CUDA_VISIBLE_DEVICES: slice.gpus.map((gpu) => visible?.[gpu] ?? gpu).join(',') };
  }

  #takeIds(count: number): number {
    const id = this.#nextParallelId;
    this.#nextParallelId += count;
    return id;
  }
}

/** The fields of a message under the names that proto/worker.proto, and so Python, has for them. */
function protoNamed<T>(message: Readonly<Record<string, T>>): Record<string, T> {
  const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.fromEntries(Object.entries(message).map(([name, value]) => [snakeCase(name), value]));
}

/** A stateful model has as many slots again, so that a request of a sequence can reach one that streams: to stop it, say. */
function dispatchOf({ asyncCommunication, continuousBatching, stateful, batchSize }: WorkerRecipe): Dispatch {
  if (asyncCommunication) return { kind: 'flights' };
  if (continuousBatching) return { kind: 'steps', slots: stateful ? 2 * batchSize : batchSize };
  return { kind: 'batches' };
}

function withPath(env: Readonly<Record<string, string>>, folders: readonly string[]): Readonly<Record<string, string>> {
  return folders.length === 0 ? env : { ...env, PYTHONPATH: [...folders, env['PYTHONPATH']].join(delimiter) };
}
