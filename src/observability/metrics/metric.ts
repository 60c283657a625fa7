/** Takes the values of a metric with some dimension values. Made once and kept where values come often. */
export interface MetricHandle {
  /** @param requestIds the requests that the value belongs to, where a handler recorded it. */
  record(value: number, requestIds?: readonly string[]): void;
}

/** One metric, whatever becomes of what it records. */
export interface Metric {
  /**
   * @param values of its dimensions, in their order, the host's last.
   * @throws Error where it cannot take as many.
   */
  of(values: readonly string[]): MetricHandle;
  /** Forgets what was recorded with these values. */
  remove(values: readonly string[]): void;
}

export const silent: MetricHandle = { record: () => {} };

/** A metric that records nothing. */
export const unlisted: Metric = { of: () => silent, remove: () => {} };
