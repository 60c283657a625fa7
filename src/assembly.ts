import { availableParallelism, hostname } from 'node:os';
import { join } from 'node:path';
import { TokenKeys } from './api/auth/token-keys.js';
import { openGrpcDoors } from './api/grpc/grpc-doors.js';
import { openFrontDoors } from './api/http/front-doors.js';
import { openArchive } from './archive/open.js';
import { openWorkflow } from './archive/open-workflow.js';
import { preparePython } from './archive/requirements.js';
import type { Config } from './config/config.js';
import { configurationBlock } from './config/listing.js';
import { torchServeVersion } from './config/release.js';
import { ModelLifecycle } from './lifecycle/model-lifecycle.js';
import type { OpenModel } from './lifecycle/open-model.js';
import type { RunFolder } from './lifecycle/run-folder.js';
import { SnapshotWriter } from './lifecycle/snapshot-writer.js';
import { loadStartupModels } from './lifecycle/startup-models.js';
import { VersionMaker } from './lifecycle/version-maker.js';
import { VersionWatch } from './lifecycle/version-watch.js';
import { WorkflowLifecycle } from './lifecycle/workflow-lifecycle.js';
import type { Logging } from './observability/logging/logging.js';
import { ServerMetrics } from './observability/metrics/server-metrics.js';
import { SystemMetrics } from './observability/metrics/system-metrics.js';
import type { Tracing } from './observability/tracing/tracing.js';
import { Registry } from './registry/registry.js';
import { Autoscaler } from './scaling/autoscaler.js';
import { Machine } from './scaling/machine.js';
import { ModelServing } from './serving/model-serving.js';
import { CpuShare } from './workers/cpu/cpu-share.js';
import { DeviceAssigner } from './workers/device-assigner.js';
import { countGpus } from './workers/gpus.js';
import type { LaunchBase } from './workers/launch-base.js';
import { LinkServer } from './workers/link/link-server.js';
import { packageRoot } from './workers/package-root.js';
import { TorchrunLauncher } from './workers/ranks/torchrun-launcher.js';
import { SharedMemory } from './workers/shared-memory/shared-memory.js';
import { WorkerFactory } from './workers/worker-factory.js';
import { Workflows } from './workflow/workflows.js';

/** Parts that were started, each with the way to end it; ended in reverse. */
export type Started = { readonly what: string; readonly end: () => Promise<void> | void }[];

/** What was there before the parts that are joined here. */
export interface Ground {
  readonly config: Config;
  readonly logging: Logging;
  readonly folder: RunFolder;
  readonly tracing: Tracing | null;
  readonly base: LaunchBase;
}

/**
 * Builds every part of a server, joins them and binds the listeners.
 * @param started gets each part that has to be ended, with the way to end it.
 * @throws StartupError for whatever keeps the server from starting.
 */
export async function assemble({ config, logging, folder, tracing, base }: Ground, started: Started): Promise<void> {
  const log = logging.ts('ModelServer');
  const cpus = availableParallelism();
  const { python, env, launcher, pinning } = base;

  const metrics = new ServerMetrics({
    config,
    path: config.metricsConfig ?? join(packageRoot, 'python_backend/ts/configs/metrics.yaml'),
    host: hostname(),
    version: torchServeVersion,
    logging,
  });
  base.watchForks((elapsedMs) => metrics.forked(elapsedMs));
  const memory = SharedMemory.open(['/dev/shm', folder.path], config.sharedMemorySize);
  if (memory) {
    metrics.watchMemory(memory.values);
    started.push({ what: 'shared memory', end: () => memory.close() });
  }
  const links = new LinkServer(
    config.useNativeIo ? folder.path : null,
    (direction, bytes) => metrics.linked(direction, bytes),
    memory,
  );
  await links.listen();
  started.push({ what: 'worker links', end: () => links.close() });

  const torchrun = new TorchrunLauncher(folder.path);
  started.push({ what: 'workers of several processes', end: () => torchrun.close() });

  const workers = new WorkerFactory(
    {
      python,
      env,
      firstId: config.initialWorkerPort,
      firstParallelId: config.initialDistributionPort,
      limitMaxImagePixels: config.limitMaxImagePixels,
      metricsConfig: config.metricsConfig ?? '',
      debug: config.debug,
    },
    { launcher, torchrun, links, cpuShare: new CpuShare(process.env['OMP_NUM_THREADS'] ? 0 : cpus, pinning?.plan) },
    new DeviceAssigner(await countGpus(config.numberOfGpu)),
  );
  const facts = {
    version: torchServeVersion,
    home: packageRoot,
    gpus: workers.gpuCount,
    cpus,
    python,
  };
  log.info(configurationBlock(config, facts));
  if (pinning) log.info(pinning.summary);
  for (const warning of pinning?.warnings ?? []) log.warn(warning);

  const watch = new VersionWatch(logging, metrics, config.telemetryLog);

  const registry = new Registry();
  const versions = () => registry.all().map((version) => version.snapshot(registry.isDefault(version)));
  metrics.watchVersions(versions);
  const workflows = new Workflows();
  const snapshots = new SnapshotWriter(config, registry, workflows, log);
  const fetching = {
    allowedUrls: config.allowedUrls,
    unpackRoot: folder.archives,
    limits: {
      downloadBytes: config.maxArchiveSize,
      unpackedBytes: config.maxArchiveSize,
      entries: config.maxArchiveEntries,
    },
  };
  const open: OpenModel = (url, options) =>
    openArchive(url, { ...options, ...fetching, modelStore: config.modelStore });
  const autoscaler = new Autoscaler({
    versions: () => registry.all(),
    resizer: {
      resize: (version, count, full) => lifecycle.resize(version, count, full),
      drop: (version, worker) => lifecycle.drop(version, worker),
    },
    machine: new Machine({
      cores: cpus,
      gpuCount: workers.gpuCount,
      memoryBudget: config.autoscaleMemoryBudget,
      maxTotalWorkers: config.maxTotalWorkers,
      versions: () => registry.all(),
    }),
    log: logging.ts('Autoscaler'),
  });
  const versionMaker = new VersionMaker({
    config,
    registry,
    workers,
    watch,
    preparePython: (archive, { name, runtime }, signal) =>
      preparePython(archive, { modelName: name, runtime, python, env, install: config.installPyDepPerModel, signal }),
    waker: autoscaler,
    log,
  });
  const lifecycle: ModelLifecycle = new ModelLifecycle({
    config,
    registry,
    workers,
    versions: versionMaker,
    open,
    snapshots,
    devices: workers.gpuCount || cpus,
  });
  const workflowLifecycle = new WorkflowLifecycle({
    config,
    registry,
    workflows,
    versions: versionMaker,
    open,
    openWorkflow: (url, options) => openWorkflow(url, { ...options, ...fetching, workflowStore: config.workflowStore }),
    snapshots,
    log: logging.ts('Workflows'),
  });
  started.push({ what: 'models', end: () => lifecycle.close() });
  started.push({ what: 'workflows', end: () => workflowLifecycle.close() });
  started.push({ what: 'autoscaling', end: () => autoscaler.close() });
  autoscaler.start();

  if (!config.disableSystemMetrics) {
    const { systemMetricsCmd, metricTimeInterval } = config;
    const system = new SystemMetrics(metrics.registry, logging.ts('SystemMetrics'), {
      intervalMs: metricTimeInterval * 1000,
      gpuCount: workers.gpuCount,
      backend: { python, folder: join(packageRoot, 'python_backend'), env },
      command: systemMetricsCmd,
      workerPids: () => versions().flatMap(({ workers }) => workers.flatMap(({ pid }) => (pid > 0 ? [pid] : []))),
    });
    started.push({ what: 'system metrics', end: () => system.close() });
  }

  const workersEach = config.defaultWorkersPerModel || workers.gpuCount || cpus;
  await loadStartupModels(lifecycle, workflowLifecycle, config, config.debug ? 1 : workersEach, log);

  // A start that fails leaves the last good snapshot alone.
  let up = false;
  started.push({ what: 'shutdown snapshot', end: async () => (up ? await snapshots.write('shutdown') : undefined) });

  const tokens = config.tokenAuthorization
    ? await TokenKeys.create(config.workingFolder, config.tokenExpirationMin)
    : null;
  const rooms = {
    config,
    serving: new ModelServing(registry),
    lifecycle,
    logging,
    tracing,
    version: torchServeVersion,
  };
  const doors = await openFrontDoors({
    ...rooms,
    workflows,
    workflowChanges: workflowLifecycle,
    ...(tokens && { tokens }),
    metrics,
    ...(memory && { store: memory.values }),
    onResponse: (status) => metrics.responded(status),
  });
  started.push({ what: 'listeners', end: () => doors.close({ graceMs: config.drainTimeout * 1000 }) });
  const grpcDoors = await openGrpcDoors({ ...rooms, tokens, onCall: (method, code) => metrics.called(method, code) });
  started.push({ what: 'gRPC listeners', end: () => grpcDoors.close({ graceMs: config.drainTimeout * 1000 }) });
  await snapshots.write('startup');
  up = true;
}
