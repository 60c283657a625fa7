import type { ModelVersion } from '../registry/model-version.js';

/** What there may be too little of: a word for metrics. */
export type BoundKind = 'total_workers' | 'cores' | 'memory' | 'gpu_memory';

/** What a bound leaves room for. */
export interface Allowance {
  /** How many of the workers that were asked for. */
  readonly workers: number;
  /** Why not all: a sentence without its full stop. Empty where all are. */
  readonly reason: string;
}

/** One thing that keeps workers from being started. */
export interface Bound {
  readonly kind: BoundKind;
  /** How many of so many more workers of the version there is room for now. */
  allow(version: ModelVersion, workers: number): Allowance;
}

/** A bound that was met. */
export interface Met {
  readonly kind: BoundKind;
  readonly reason: string;
}

/** All bounds together: the tightest counts. */
export function allowedBy(
  bounds: readonly Bound[],
  version: ModelVersion,
  wanted: number,
): { readonly workers: number; readonly met: Met | null } {
  let workers = wanted;
  let met: Met | null = null;
  for (const bound of bounds) {
    const allowed = bound.allow(version, workers);
    if (allowed.workers >= workers) continue;
    workers = allowed.workers;
    met = { kind: bound.kind, reason: allowed.reason };
  }
  return { workers, met };
}
