import { vi } from 'vitest';
import { Code } from '../../src/generated/torchbridge/worker/v1/Code.js';
import { ModelVersion } from '../../src/registry/model-version.js';
import type { VersionSettings } from '../../src/registry/version-settings.js';
import { Autoscaler } from '../../src/scaling/autoscaler.js';
import { Machine, type MachineParts } from '../../src/scaling/machine.js';
import type { Probe } from '../../src/scaling/probe.js';
import { CpuShare } from '../../src/workers/cpu/cpu-share.js';
import type { GpuMemory } from '../../src/workers/gpu-memory.js';
import { RestartPolicy } from '../../src/workers/restart-policy.js';
import { Worker } from '../../src/workers/worker.js';
import { autoscaleSettings } from './autoscale-settings.js';
import { type FakeLink, FakeMachinery, type FakeProcess } from './fake-worker.js';
import { inferenceInput } from './inference-input.js';
import { sequenceHeaders, versionSettings } from './version-settings.js';

export const mebibyte = 2 ** 20;

/** How a version of the stage is made. */
export interface Cast {
  readonly min?: number;
  readonly max?: number;
  readonly elastic?: boolean;
  readonly settings?: Partial<VersionSettings>;
  /** What a worker of it owns once loaded. */
  readonly megabytes?: number;
  /** Its workers do not load. */
  readonly broken?: boolean;
}

/** An autoscaler with versions whose processes are played, on a machine that says what the test wants. Fake timers only. */
export class AutoscalingStage {
  readonly machinery = new FakeMachinery();
  readonly lines: string[] = [];
  readonly autoscaler: Autoscaler;
  readonly versions: ModelVersion[] = [];
  /** How long a worker takes to load, ms. */
  loadMs = 50;
  availableBytes = (): number => 2 ** 40;
  gpus = (): ReadonlyMap<number, GpuMemory> => new Map();
  /** Processor seconds that a process has used. */
  processorSeconds: (pid: number) => number | null = () => null;
  gpuBytes: (pid: number) => number = () => 0;
  readonly #owned = new Map<number, number>();
  readonly #links = new Map<ModelVersion, FakeLink[]>();
  #id = 9000;

  constructor(machine: Partial<MachineParts> = {}) {
    const probe: Probe = {
      availableBytes: () => this.availableBytes(),
      ownBytes: async (pid) => this.#owned.get(pid) ?? 0,
      processorSeconds: (pid) => this.processorSeconds(pid),
      gpuMemory: async () => this.gpus(),
      gpuBytesByProcess: async () =>
        new Map(this.machinery.processes.map(({ pid }) => [pid, this.gpuBytes(pid)] as const)),
    };
    const log = (line: string) => this.lines.push(line);
    this.autoscaler = new Autoscaler({
      versions: () => this.versions,
      resizer: {
        resize: (version, workers) => version.resize(workers, 1000),
        drop: (version, worker) => version.drop(worker, 1000),
      },
      machine: new Machine({
        cores: 64,
        gpuCount: 0,
        memoryBudget: null,
        maxTotalWorkers: null,
        versions: () => this.versions,
        probe,
        ...machine,
      }),
      log: { debug: log, info: log, warn: log, error: log },
    });
    this.autoscaler.start();
  }

  /** Registers a version; its least workers start. */
  add(
    modelName: string,
    { min = 0, max = 8, elastic = true, settings, megabytes = 0, broken }: Cast = {},
  ): ModelVersion {
    const version: ModelVersion = new ModelVersion({
      modelName,
      version: '1.0',
      url: `${modelName}.mar`,
      settings: versionSettings({ maxBatchDelayMs: 0, ...settings }),
      loadedAtStartup: false,
      autoscale: elastic ? autoscaleSettings() : null,
      sequenceHeaders,
      waker: this.autoscaler,
      discard: async () => {},
      createWorker: (owner) => this.#worker(owner, { megabytes, broken: broken ?? false }),
    });
    this.#links.set(version, []);
    this.versions.push(version);
    version.scale(min, max, 1000);
    return version;
  }

  /** A request to a version. Rejects with the text of its refusal. */
  async ask(version: ModelVersion): Promise<number> {
    return (await version.submit(inferenceInput(), null).answer).status;
  }

  /** Answers what the workers of a version hold. */
  answer(version: ModelVersion): void {
    for (const link of this.#links.get(version) ?? []) while (link.batches.length > 0) link.answer();
  }

  /** Lets time pass. */
  async pass(milliseconds: number): Promise<void> {
    await vi.advanceTimersByTimeAsync(milliseconds);
  }

  async close(): Promise<void> {
    this.autoscaler.close();
    const closing = Promise.all(this.versions.map((version) => version.close(0)));
    await this.pass(20_000);
    await closing;
  }

  #worker(version: ModelVersion, { megabytes, broken }: { megabytes: number; broken: boolean }): Worker {
    const id = String(this.#id++);
    const { machinery } = this;
    const launch = {
      launch: async (order: Parameters<FakeMachinery['launch']>[0]) => {
        machinery.behaviour = (process: FakeProcess) => {
          machinery.dialHome(process);
          setTimeout(() => {
            this.#owned.set(process.pid, megabytes * mebibyte);
            this.#links.get(version)?.push(process.link);
            process.link.listener.loaded(
              broken ? { code: Code.LOAD_FAILED, message: 'the weights are gone' } : { code: Code.OK, message: '' },
            );
          }, this.loadMs);
        };
        return await machinery.launch(order);
      },
      close: async () => {},
    };
    return new Worker(
      {
        id,
        name: `W-${id}-${version.modelName}_1.0`,
        gpuId: null,
        python: 'python3',
        env: {},
        freshInterpreter: false,
        load: { modelName: version.modelName, modelDir: '/m', handler: 'h.py' },
        dispatch: { kind: 'batches' },
        preload: null,
        startupTimeoutMs: 10_000,
        responseTimeoutMs: 600_000,
      },
      {
        launcher: launch,
        links: machinery,
        batcher: version.batcher,
        cpuShare: new CpuShare(0),
        restarts: new RestartPolicy(300),
        events: {
          entered: () => {},
          line: () => {},
          metrics: () => {},
          loaded: () => version.workerLoaded({ routes: [], models: [] }),
          finished: () => {},
          died: (_worker, message) => version.workerDied(message),
        },
      },
    );
  }
}
