/** The load of one version at one moment: what the decision looks at, and all that it looks at. */
export interface Load {
  /** Milliseconds on a clock that only goes forward. */
  readonly now: number;
  /** Workers that serve or may come to serve: starting ones too. */
  readonly workers: number;
  /** Those that serve. */
  readonly ready: number;
  /** Batches that wait though no worker is idle: what only waits for company is not among them. */
  readonly waiting: number;
  /** Milliseconds that the oldest of them has waited beyond the batch window. */
  readonly oldestWaitMs: number;
  /** Workers that were busy, on average over the last seconds. */
  readonly busy: number;
  /** Batches that came a second over the same time, had they all been full. */
  readonly arrivals: number;
  /** Milliseconds that a batch takes a worker, by the last ones; null where none was ever run. */
  readonly batchMs: number | null;
  /** Milliseconds since the version last had something to do; 0 while it has. */
  readonly idleMs: number;
}
