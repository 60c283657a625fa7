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
import { makeRunFolder } from './lifecycle/run-folder.js';
import { SnapshotWriter } from './lifecycle/snapshot-writer.js';
import { loadStartupModels } from './lifecycle/startup-models.js';
import { VersionMaker } from './lifecycle/version-maker.js';
import { VersionWatch } from './lifecycle/version-watch.js';
import { WorkflowLifecycle } from './lifecycle/workflow-lifecycle.js';
import type { Logger, Logging } from './observability/logging/logging.js';
import { ServerMetrics } from './observability/metrics/server-metrics.js';
import { SystemMetrics } from './observability/metrics/system-metrics.js';
import { openTracing } from './observability/tracing/open-tracing.js';
import { Registry } from './registry/registry.js';
import { Autoscaler } from './scaling/autoscaler.js';
import { Machine } from './scaling/machine.js';
import { ModelServing } from './serving/model-serving.js';
import { cpuLauncher } from './workers/cpu/cpu-launcher.js';
import { CpuShare } from './workers/cpu/cpu-share.js';
import { DeviceAssigner } from './workers/device-assigner.js';
import { countGpus } from './workers/gpus.js';
import { findInterpreter } from './workers/interpreter.js';
import { LinkServer } from './workers/link/link-server.js';
import { NurseryLauncher } from './workers/nursery-launcher.js';
import { packageRoot } from './workers/package-root.js';
import { SharedMemory } from './workers/shared-memory/shared-memory.js';
import { SpawnLauncher } from './workers/spawn-launcher.js';
import { WorkerFactory, workerEnvironment } from './workers/worker-factory.js';
import type { Launcher } from './workers/worker-process.js';
import { Workflows } from './workflow/workflows.js';

/** A server that answers. */
export interface RunningServer {
  /** Drains and ends everything that was started. Safe to call twice. */
  stop(): Promise<void>;
}

/** Parts that were started, each with the way to end it; ended in reverse. */
type Started = { readonly what: string; readonly end: () => Promise<void> | void }[];

/**
 * Builds every part, joins them and binds the listeners. What was started is ended again where a later part fails.
 * @throws StartupError for whatever keeps the server from starting.
 */
export async function startServer(config: Config, logging: Logging): Promise<RunningServer> {
  const started: Started = [];
  const log = logging.ts('ModelServer');
  let stopping: Promise<void> | null = null;
  const stop = (): Promise<void> => {
    stopping ??= endAll(started, (message) => log.error(message));
    return stopping;
  };
  try {
    await build(config, logging, started);
  } catch (error) {
    await stop();
    throw error;
  }
  logging.print('Model server started.');
  return { stop };
}

async function build(config: Config, logging: Logging, started: Started): Promise<void> {
  const log = logging.ts('ModelServer');
  const cpus = availableParallelism();
  const python = await findInterpreter(config);
  const folder = await makeRunFolder(config.temporaryFolder);
  started.push({ what: 'run folder', end: () => folder.remove() });

  // Before the workers' environment is made: it sets what their side of the traces goes by.
  const tracing = await openTracing(config, torchServeVersion, logging.ts('Tracing'));
  if (tracing) started.push({ what: 'traces', end: () => tracing.close() });

  const metrics = new ServerMetrics({
    config,
    path: config.metricsConfig ?? join(packageRoot, 'python_backend/ts/configs/metrics.yaml'),
    host: hostname(),
    version: torchServeVersion,
    logging,
  });
  const memory = SharedMemory.open(['/dev/shm', folder.path], config.sharedMemorySize);
  if (memory) started.push({ what: 'shared memory', end: () => memory.close() });
  const links = new LinkServer(
    config.useNativeIo ? folder.path : null,
    (direction, bytes) => metrics.linked(direction, bytes),
    memory,
  );
  await links.listen();
  started.push({ what: 'worker links', end: () => links.close() });

  const base = workerEnvironment(process.env, config.blacklistEnvVars, {
    TS_DECODE_INPUT_REQUEST: String(config.decodeInputRequest),
    TS_IPEX_ENABLE: String(config.ipexEnable),
    TS_IPEX_GPU_ENABLE: String(config.ipexGpuEnable),
    TS_REQUEST_SEQUENCE_ID: config.tsHeaderKeySequenceId,
    TS_REQUEST_SEQUENCE_START: config.tsHeaderKeySequenceStart,
    TS_REQUEST_SEQUENCE_END: config.tsHeaderKeySequenceEnd,
  });
  const pinning = config.cpuLauncherEnable ? cpuLauncher(config.cpuLauncherArgs, { python, env: base }) : null;
  const env = { ...base, ...pinning?.env };
  const launcher = makeLauncher(config, folder.path, env, logging.ts('Nursery'), metrics);
  started.push({ what: 'workers', end: () => launcher.close() });
  if (launcher instanceof NurseryLauncher) await launcher.warm(python);

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
    { launcher, links, cpuShare: new CpuShare(process.env['OMP_NUM_THREADS'] ? 0 : cpus, pinning?.plan) },
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
    const { systemMetricsCmd: words, metricTimeInterval } = config;
    const system = new SystemMetrics(metrics.registry, logging.ts('SystemMetrics'), {
      intervalMs: metricTimeInterval * 1000,
      gpuCount: workers.gpuCount,
      command: words === null ? null : { python, words, folder: join(packageRoot, 'python_backend'), env },
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

function makeLauncher(
  config: Config,
  folder: string,
  env: Readonly<Record<string, string>>,
  log: Logger,
  metrics: ServerMetrics,
): Launcher {
  // Forking a process that has imported torch is safe on Linux alone.
  const fork =
    config.workerStartMethod === 'fork' || (config.workerStartMethod === 'auto' && process.platform === 'linux');
  return fork
    ? new NurseryLauncher(
        folder,
        env,
        (line) => log.info(line),
        (elapsedMs) => metrics.forked(elapsedMs),
      )
    : new SpawnLauncher();
}

async function endAll(started: Started, onError: (message: string) => void): Promise<void> {
  for (const { what, end } of started.splice(0).reverse()) {
    try {
      await end();
    } catch (error) {
      onError(`${what} could not be ended cleanly: ${error}`);
    }
  }
}
