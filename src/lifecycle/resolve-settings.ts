import type { ModelConfig } from '../archive/archive.js';
import type { ModelIdentity } from '../archive/model-identity.js';
import { type AutoscaleSettings, serverAutoscale } from '../config/autoscale.js';
import type { Config } from '../config/config.js';
import type { ModelSettings } from '../config/models.js';
import { ServingError } from '../errors/serving-error.js';
import type { VersionSettings } from '../registry/version-settings.js';
import { rankPlan } from '../workers/ranks/rank-plan.js';
import type { Asked } from './lifecycle.js';
import { resolveParallel } from './resolve-parallel.js';

/** Where the settings of one version come from, the strongest first. */
export interface SettingSources {
  /** What the register call said; empty for a model that is loaded at start. */
  readonly asked: Asked;
  /** model-config.yaml of the archive. */
  readonly yaml: ModelConfig;
  /** The version's entry of the `models` key. */
  readonly configured: ModelSettings;
  readonly config: Config;
  /** Who the model is, the call's word on it included. */
  readonly identity: ModelIdentity;
}

/** TorchServe's defaults. */
const batchSize = 1;
const maxBatchDelayMs = 100;
const maxRetryTimeoutSeconds = 300;

/**
 * Settles every setting: request parameter, then model-config.yaml, then config.properties, then the default.
 * @param warn told of what was said and cannot be.
 * @throws ServingError where the model says of its processes what cannot be.
 */
export function resolveSettings(
  { asked, yaml, configured, config, identity }: SettingSources,
  gpuCount: number,
  warn: (sentence: string) => void = () => {},
): VersionSettings {
  const stateful = yaml.sequenceBatching ?? false;
  return {
    runtime: asked.runtime ?? configured.runtimeType ?? identity.runtime,
    handler: identity.handler ?? '',
    envelope: config.serviceEnvelope ?? identity.envelope ?? '',
    batchSize: asked.batchSize ?? yaml.batchSize ?? configured.batchSize ?? batchSize,
    maxBatchDelayMs: asked.maxBatchDelayMs ?? yaml.maxBatchDelay ?? configured.maxBatchDelay ?? maxBatchDelayMs,
    batchPolicy: asked.batchPolicy ?? yaml.batchPolicy ?? config.batchPolicy,
    queueCapacity: yaml.jobQueueSize ?? config.jobQueueSize,
    responseTimeoutSeconds:
      asked.responseTimeoutSeconds ??
      yaml.responseTimeout ??
      configured.responseTimeout ??
      config.defaultResponseTimeout,
    startupTimeoutSeconds:
      asked.startupTimeoutSeconds ?? yaml.startupTimeout ?? configured.startupTimeout ?? config.defaultStartupTimeout,
    maxRetryTimeoutSeconds: yaml.maxRetryTimeoutInSec ?? maxRetryTimeoutSeconds,
    clientTimeoutMs: yaml.clientTimeoutInMills ?? 0,
    deviceType: gpuCount > 0 ? (yaml.deviceType ?? 'gpu') : 'cpu',
    deviceIds: usableDevices(yaml.deviceIds ?? [], gpuCount, warn),
    ...resolveParallel(yaml),
    continuousBatching: yaml.continuousBatching ?? false,
    asyncCommunication: yaml.asyncCommunication ?? false,
    useJobTicket: yaml.useJobTicket ?? false,
    forksAfterLoad: yaml.workerStart === 'forkAfterLoad',
    useVenv: yaml.useVenv ?? false,
    stateful,
    sequenceMaxIdleMs: yaml.sequenceMaxIdleMSec ?? 0,
    sequenceTimeoutMs: yaml.sequenceTimeoutMSec ?? 0,
    maxNumSequence: stateful ? (yaml.maxNumSequence ?? 1) : 0,
    openaiRoutes: yaml.openaiRoutes ?? null,
    maxSequenceJobQueueSize: stateful ? (yaml.maxSequenceJobQueueSize ?? 1) : 0,
  };
}

/** The GPUs that a model asked for, or null where it may have any; one that does not exist makes the list void. */
function usableDevices(ids: readonly number[], gpuCount: number, warn: (sentence: string) => void) {
  const missing = ids.find((id) => id < 0 || id >= gpuCount);
  if (missing !== undefined) warn(`Invalid deviceId:${missing}, ignore deviceIds list`);
  return ids.length === 0 || missing !== undefined ? null : ids;
}

/**
 * How the workers of a version follow its load; null: not at all. Whether: the call, then the yaml, then
 * config.properties; how: the yaml, then config.properties.
 * @throws ServingError badRequest where the version was asked to and cannot.
 */
export function resolveAutoscale(
  { asked, yaml, config }: Pick<SettingSources, 'asked' | 'yaml' | 'config'>,
  settings: VersionSettings,
): AutoscaleSettings | null {
  const said = asked.autoscale ?? yaml.autoscale?.enabled;
  if (!(said ?? config.autoscale)) return null;
  const obstacle = obstacleToAutoscale(settings);
  if (obstacle === null) return { ...serverAutoscale(config), ...yaml.autoscale?.settings };
  if (said === undefined) return null;
  throw new ServingError('badRequest', `Autoscaling cannot be switched on: ${obstacle}`);
}

function obstacleToAutoscale({ stateful, useJobTicket }: VersionSettings): string | null {
  if (stateful)
    return 'the model is stateful (sequenceBatching), and a worker that goes would take its sequences along.';
  return useJobTicket ? 'the model takes no more requests than it has idle workers (useJobTicket).' : null;
}

/** What an operator should hear of settings that are taken as they are; one sentence each. */
export function warningsOf(settings: VersionSettings): string[] {
  const warnings = [];
  if (settings.torchrun !== null && settings.parallelType === '')
    warnings.push('torchrun is not looked at without parallelType (pp, tp or pptp): each worker is one process.');
  if (settings.parallelType !== '' && settings.parallelLevel === 0)
    warnings.push(
      `parallelType ${settings.parallelType} is not looked at without parallelLevel or nproc-per-node of torchrun.`,
    );
  if (settings.stateful && settings.sequenceMaxIdleMs === 0)
    warnings.push(
      'sequenceMaxIdleMSec is not set: a sequence that its client leaves without a word keeps its place until its worker goes.',
    );
  if (settings.asyncCommunication && rankPlan(settings)?.inStep)
    warnings.push(
      `asyncCommunication with parallelType ${settings.parallelType}: ranks may come to their requests in different orders. Engines start their processes by themselves with parallelType custom.`,
    );
  if (settings.asyncCommunication && settings.continuousBatching)
    warnings.push(
      'continuousBatching is not looked at where asyncCommunication is true: the engine batches by itself.',
    );
  return warnings;
}

/** Bounds of a version's pool. */
export interface WorkerBounds {
  readonly min: number;
  readonly max: number;
}

/** How many workers a version gets where nobody says. */
export interface WorkerDefaults {
  /** Where the number is fixed. */
  readonly workers: number;
  /** The bounds where they follow the load. */
  readonly elastic: WorkerBounds;
}

/**
 * How many workers a version starts with: a count that the register call names, then the yaml's pair, then the
 * `models` key (at start only), then the default. The yaml's maximum holds where it is not below the minimum.
 * @param elastic whether they follow the load: then 0 is a minimum like any other.
 * @throws ServingError badRequest where they do, and the maximum is below the minimum.
 */
export function resolveWorkers(
  { asked, yaml, configured }: Pick<SettingSources, 'asked' | 'yaml' | 'configured'>,
  defaults: WorkerDefaults,
  elastic: boolean,
): WorkerBounds {
  const yamlMin = yaml.minWorkers === undefined || elastic ? yaml.minWorkers : Math.max(1, yaml.minWorkers);
  const configuredMin = elastic ? configured.minWorkers : configured.minWorkers || undefined;
  const named = asked.initialWorkers ?? yamlMin ?? configuredMin;
  const max =
    yaml.maxWorkers ??
    (asked.initialWorkers === undefined && yaml.minWorkers === undefined ? configured.maxWorkers : undefined);
  if (!elastic) {
    const min = named ?? defaults.workers;
    return { min, max: Math.max(min, max ?? min) };
  }
  const min = named ?? Math.min(defaults.elastic.min, max ?? defaults.elastic.min);
  if (max !== undefined && max < min) {
    throw new ServingError(
      'badRequest',
      `maxWorkers ${max} is less than the ${min} workers that there are to be at least.`,
    );
  }
  return { min, max: max ?? Math.max(min, defaults.elastic.max) };
}
