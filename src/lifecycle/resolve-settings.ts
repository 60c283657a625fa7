import type { ModelConfig } from '../archive/archive.js';
import type { ModelIdentity } from '../archive/model-identity.js';
import type { Config } from '../config/config.js';
import type { ModelSettings } from '../config/models.js';
import type { VersionSettings } from '../registry/version-settings.js';
import type { RegisterOptions } from './lifecycle.js';

/** Where the settings of one version come from, the strongest first. */
export interface SettingSources {
  /** What the register call said; empty for a model that is loaded at start. */
  readonly asked: Partial<RegisterOptions>;
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
    parallelType: yaml.parallelType ?? '',
    parallelLevel: yaml.parallelLevel ?? 0,
    continuousBatching: yaml.continuousBatching ?? false,
    useJobTicket: yaml.useJobTicket ?? false,
    useVenv: yaml.useVenv ?? false,
    stateful,
    sequenceMaxIdleMs: yaml.sequenceMaxIdleMSec ?? 0,
    sequenceTimeoutMs: yaml.sequenceTimeoutMSec ?? 0,
    maxNumSequence: stateful ? (yaml.maxNumSequence ?? 1) : 0,
    maxSequenceJobQueueSize: stateful ? (yaml.maxSequenceJobQueueSize ?? 1) : 0,
  };
}

/** The GPUs that a model asked for, or null where it may have any; one that does not exist makes the list void. */
function usableDevices(ids: readonly number[], gpuCount: number, warn: (sentence: string) => void) {
  const missing = ids.find((id) => id < 0 || id >= gpuCount);
  if (missing !== undefined) warn(`Invalid deviceId:${missing}, ignore deviceIds list`);
  return ids.length === 0 || missing !== undefined ? null : ids;
}

/** Bounds of a version's pool. */
export interface WorkerBounds {
  readonly min: number;
  readonly max: number;
}

/**
 * How many workers a version starts with: a count that the register call names, then the yaml's pair, then the
 * `models` key (at start only), then `fallback`. The yaml's maximum holds where it is not below the minimum.
 */
export function resolveWorkers(
  { asked, yaml, configured }: Pick<SettingSources, 'asked' | 'yaml' | 'configured'>,
  fallback: number,
): WorkerBounds {
  const min = asked.initialWorkers ?? yaml.minWorkers ?? configured.minWorkers ?? fallback;
  const max =
    yaml.maxWorkers ??
    (asked.initialWorkers === undefined && yaml.minWorkers === undefined ? configured.maxWorkers : undefined);
  return { min, max: Math.max(min, max ?? min) };
}
