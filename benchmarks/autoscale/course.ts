import type { Replayed } from './replay.js';
import type { Trace } from './trace.js';

/** What one model made of one trace. */
export interface Course {
  readonly model: string;
  readonly replayed: Replayed;
  /** How many workers there were, each as long as to the next sample. */
  readonly workers: readonly { readonly second: number; readonly count: number }[];
  readonly workerSeconds: number;
  /** Changes of the number of workers in the course of the trace, without the first quarter. */
  readonly changesPerMinute: number;
}

/** All of one trace. */
export interface TraceRun {
  readonly trace: Trace;
  readonly seconds: number;
  readonly times: readonly number[];
  readonly courses: readonly Course[];
}

/** Latencies of what was answered 200, and how many were not. */
export function summary({ latencies, statuses }: Replayed): { p50: number; p99: number; errors: number } {
  const good = latencies.filter((_, index) => statuses[index] === 200).sort((one, other) => one - other);
  const at = (share: number) => good[Math.min(good.length - 1, Math.floor(good.length * share))] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99), errors: statuses.length - good.length };
}
