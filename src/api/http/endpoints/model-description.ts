import { z } from 'zod';
import type { AutoscaleSnapshot, VersionSnapshot, WorkerSnapshot } from '../../../registry/snapshot.js';
import { gpuUsage } from '../../../workers/gpu-usage.js';

const workerSchema = z.object({
  id: z.string().meta({ description: 'Number of the worker, "9000" upwards.' }),
  startTime: z.string().meta({ description: 'When it was created, in UTC.' }),
  status: z.enum(['READY', 'UNLOADING']).meta({ description: 'READY once the model is loaded.' }),
  memoryUsage: z.int().meta({ description: 'Resident bytes; 0 where unknown.' }),
  pid: z.int().meta({ description: 'Process id; -1 while there is no process.' }),
  gpu: z.boolean().meta({ description: 'Whether it runs on a GPU.' }),
  gpuUsage: z.string().meta({ description: 'How busy its GPU is, by nvidia-smi; N/A on the CPU.' }),
  lastError: z.string().optional().meta({ description: 'Why it last failed; present only then.' }),
});

const autoscaleSchema = z.object({
  workersWanted: z.int().meta({ description: 'Workers that the load calls for, within minWorkers and maxWorkers.' }),
  reason: z.string().meta({ description: 'Why the number of workers was last changed.' }),
  changedAt: z.string().optional().meta({ description: 'When it was, in UTC; absent: never.' }),
  bound: z.string().optional().meta({ description: 'What keeps more workers from being started; present only then.' }),
  settings: z.record(z.string(), z.number()).meta({ description: 'What it goes by: see docs/autoscaling.md.' }),
});

const versionSchema = z.object({
  modelName: z.string(),
  modelVersion: z.string(),
  modelUrl: z.string().optional(),
  runtime: z.string(),
  minWorkers: z.int(),
  maxWorkers: z.int(),
  batchSize: z.int(),
  maxBatchDelay: z.int().meta({ description: 'Milliseconds.' }),
  batchPolicy: z.literal('eager').optional().meta({ description: 'Present where batches have no window.' }),
  responseTimeout: z.int().meta({ description: 'Seconds.' }),
  startupTimeout: z.int().meta({ description: 'Seconds.' }),
  maxRetryTimeoutInSec: z.int(),
  clientTimeoutInMills: z.int(),
  parallelType: z.string(),
  parallelLevel: z.int(),
  deviceType: z.enum(['cpu', 'gpu']),
  deviceIds: z.array(z.int()).optional(),
  continuousBatching: z.boolean(),
  useJobTicket: z.boolean(),
  useVenv: z.boolean(),
  stateful: z.boolean(),
  sequenceMaxIdleMSec: z.int(),
  sequenceTimeoutMSec: z.int(),
  maxNumSequence: z.int(),
  maxSequenceJobQueueSize: z.int(),
  openaiRoutes: z
    .array(z.string())
    .optional()
    .meta({ description: "What it answers of OpenAI's API; present where it is something." }),
  loadedAtStartup: z.boolean(),
  workers: z.array(workerSchema),
  jobQueueStatus: z.object({ remainingCapacity: z.int(), pendingRequests: z.int() }),
  customizedMetadata: z.record(z.string(), z.unknown()).optional(),
  lastError: z.string().optional().meta({ description: 'Why a worker last failed; present only then.' }),
  autoscale: autoscaleSchema.optional().meta({ description: 'Present where the workers follow the load.' }),
});

/** TorchServe's words where nvidia-smi says nothing of a GPU. */
const unknownUsage = 'failed to obtained gpu usage';

/** What describe answers: always an array. */
export const descriptionSchema = z.array(versionSchema);

/** A version as describe shows it. */
export type ModelDescription = z.output<typeof versionSchema>;

/**
 * Versions as TorchServe's clients know them.
 * @param customized what their handler says of itself; undefined where nobody asked or it said nothing
 */
export async function modelDescriptions(
  versions: readonly VersionSnapshot[],
  customized?: Record<string, unknown>,
): Promise<ModelDescription[]> {
  const onGpu = versions.some(({ workers }) => workers.some(({ gpuId }) => gpuId !== null));
  const usage: ReadonlyMap<number, string> = onGpu ? await gpuUsage() : new Map();
  return versions.map((version) => modelDescription(version, usage, customized));
}

function modelDescription(
  version: VersionSnapshot,
  usage: ReadonlyMap<number, string>,
  customized: Record<string, unknown> | undefined,
): ModelDescription {
  return {
    modelName: version.modelName,
    modelVersion: version.version,
    modelUrl: version.url ?? undefined,
    runtime: version.runtime,
    minWorkers: version.minWorkers,
    maxWorkers: version.maxWorkers,
    batchSize: version.batchSize,
    maxBatchDelay: version.maxBatchDelayMs,
    batchPolicy: version.batchPolicy === 'eager' ? 'eager' : undefined,
    responseTimeout: version.responseTimeoutSeconds,
    startupTimeout: version.startupTimeoutSeconds,
    maxRetryTimeoutInSec: version.maxRetryTimeoutSeconds,
    clientTimeoutInMills: version.clientTimeoutMs,
    parallelType: version.parallelType,
    parallelLevel: version.parallelLevel,
    deviceType: version.deviceType,
    deviceIds: version.deviceIds === null ? undefined : [...version.deviceIds],
    continuousBatching: version.continuousBatching,
    useJobTicket: version.useJobTicket,
    useVenv: version.useVenv,
    stateful: version.stateful,
    sequenceMaxIdleMSec: version.sequenceMaxIdleMs,
    sequenceTimeoutMSec: version.sequenceTimeoutMs,
    maxNumSequence: version.maxNumSequence,
    maxSequenceJobQueueSize: version.maxSequenceJobQueueSize,
    openaiRoutes: version.openai?.routes.length ? [...version.openai.routes] : undefined,
    loadedAtStartup: version.loadedAtStartup,
    workers: version.workers.map((worker) => workerDescription(worker, usage)),
    jobQueueStatus: {
      remainingCapacity: version.remainingCapacity,
      pendingRequests: version.pendingRequests,
    },
    customizedMetadata: customized,
    lastError: version.lastError ?? undefined,
    autoscale: version.autoscale === null ? undefined : autoscaleDescription(version.autoscale),
  };
}

function autoscaleDescription({ changedAt, bound, settings, ...status }: AutoscaleSnapshot) {
  return {
    ...status,
    changedAt: changedAt?.toISOString(),
    bound: bound ?? undefined,
    settings: { ...settings },
  };
}

function workerDescription(worker: WorkerSnapshot, usage: ReadonlyMap<number, string>): z.output<typeof workerSchema> {
  return {
    id: worker.id,
    startTime: worker.startTime.toISOString(),
    status: worker.state === 'ready' ? 'READY' : 'UNLOADING',
    memoryUsage: worker.memoryBytes,
    pid: worker.pid,
    gpu: worker.gpuId !== null,
    gpuUsage: worker.gpuId === null ? 'N/A' : (usage.get(worker.gpuId) ?? unknownUsage),
    lastError: worker.lastError ?? undefined,
  };
}
