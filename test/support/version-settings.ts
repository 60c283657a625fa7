import type { VersionSettings } from '../../src/registry/version-settings.js';

/** TorchServe's defaults, but for what is given. */
export function versionSettings(settings: Partial<VersionSettings> = {}): VersionSettings {
  return {
    runtime: 'python',
    handler: 'handler.py',
    envelope: '',
    batchSize: 1,
    maxBatchDelayMs: 100,
    queueCapacity: 100,
    responseTimeoutSeconds: 120,
    startupTimeoutSeconds: 120,
    maxRetryTimeoutSeconds: 300,
    clientTimeoutMs: 0,
    deviceType: 'cpu',
    deviceIds: null,
    parallelType: '',
    parallelLevel: 0,
    continuousBatching: false,
    useJobTicket: false,
    useVenv: false,
    stateful: false,
    sequenceMaxIdleMs: 0,
    sequenceTimeoutMs: 0,
    maxNumSequence: 0,
    maxSequenceJobQueueSize: 0,
    ...settings,
  };
}
