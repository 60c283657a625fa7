import type { SequenceHeaders } from '../../src/config/sequence-headers.js';
import type { VersionSettings } from '../../src/registry/version-settings.js';

/** Their default names. */
export const sequenceHeaders: SequenceHeaders = {
  id: 'ts_request_sequence_id',
  start: 'ts_request_sequence_start',
  end: 'ts_request_sequence_end',
};

/** TorchServe's defaults, but for what is given. */
export function versionSettings(settings: Partial<VersionSettings> = {}): VersionSettings {
  return {
    runtime: 'python',
    handler: 'handler.py',
    envelope: '',
    batchSize: 1,
    maxBatchDelayMs: 100,
    batchPolicy: 'window',
    queueCapacity: 100,
    responseTimeoutSeconds: 120,
    startupTimeoutSeconds: 120,
    maxRetryTimeoutSeconds: 300,
    clientTimeoutMs: 0,
    deviceType: 'cpu',
    deviceIds: null,
    parallelType: '',
    parallelLevel: 0,
    torchrun: null,
    continuousBatching: false,
    asyncCommunication: false,
    useJobTicket: false,
    useVenv: false,
    forksAfterLoad: false,
    stateful: false,
    sequenceMaxIdleMs: 0,
    sequenceTimeoutMs: 0,
    maxNumSequence: 0,
    maxSequenceJobQueueSize: 0,
    openaiRoutes: null,
    ...settings,
  };
}
