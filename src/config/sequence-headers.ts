import type { Config } from './config.js';

/**
 * Names of the headers that say which sequence a request belongs to, and whether it begins or ends it. They are found in
 * this spelling only, as in TorchServe.
 */
export interface SequenceHeaders {
  readonly id: string;
  readonly start: string;
  readonly end: string;
}

/** The keys that name them (`ts_header_key_sequence_id` and its siblings). */
export type SequenceHeaderKeys = Pick<
  Config,
  'tsHeaderKeySequenceId' | 'tsHeaderKeySequenceStart' | 'tsHeaderKeySequenceEnd'
>;

export function sequenceHeadersOf(config: SequenceHeaderKeys): SequenceHeaders {
  return {
    id: config.tsHeaderKeySequenceId,
    start: config.tsHeaderKeySequenceStart,
    end: config.tsHeaderKeySequenceEnd,
  };
}
