import { Batcher } from '../batching/batcher.js';
import { SequenceBatcher } from '../batching/sequence-batcher.js';
import type { VersionBatcher } from '../batching/version-batcher.js';
import type { SequenceHeaders } from '../config/sequence-headers.js';
import type { VersionSettings } from './version-settings.js';

/**
 * Where the requests of a version wait, by its settings.
 * @param headers where requests of a stateful model say which sequence they belong to.
 * @param minWorkers how many workers the version has at least, now: they share its sequences.
 */
export function makeBatcher(
  settings: VersionSettings,
  headers: SequenceHeaders,
  minWorkers: () => number,
): VersionBatcher {
  const { continuousBatching, maxNumSequence } = settings;
  const common = {
    batchSize: settings.batchSize,
    // Who can join a batch that runs need not wait for company.
    maxDelayMs: continuousBatching ? 0 : settings.maxBatchDelayMs,
    capacity: settings.queueCapacity,
  };
  if (!settings.stateful)
    return new Batcher({ ...common, policy: settings.batchPolicy, ticketed: settings.useJobTicket });
  return new SequenceBatcher({
    ...common,
    headers,
    overlaps: continuousBatching,
    maxIdleMs: settings.sequenceMaxIdleMs,
    timeoutMs: settings.sequenceTimeoutMs,
    maxSequences: maxNumSequence,
    maxQueued: settings.maxSequenceJobQueueSize,
    placesEach: () => Math.ceil(maxNumSequence / Math.max(1, minWorkers())),
  });
}
