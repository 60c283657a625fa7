import type { LoadResult } from '../load/load.js';
import type { Usage } from '../sampling/usage-sampler.js';
import type { LoggedMetric } from '../server/metric-logs.js';
import type { BenchmarkCase } from '../settings/benchmark-case.js';

/** Of one metric that the server logged, in milliseconds. */
export interface MetricSummary {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly mean: number;
}

/** One run of one case against one server. */
export interface Measurement {
  readonly load: LoadResult;
  readonly usage: Usage;
  /** What the server logged; absent metrics are left out. */
  readonly logged: Readonly<Partial<Record<LoggedMetric, MetricSummary>>>;
}

/** All rounds of a case against one server. */
export interface ServerResult {
  readonly server: string;
  readonly version: string | null;
  readonly rounds: readonly Measurement[];
}

/** All that was measured for a case: one server, or two to compare. */
export interface CaseResult {
  readonly case: BenchmarkCase;
  readonly servers: readonly ServerResult[];
}

/** One run of the benchmark; results.json holds it. */
export interface BenchmarkReport {
  readonly format: 'torchbridge-benchmark-1';
  /** ISO 8601, UTC. */
  readonly started: string;
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    /** Bytes. */
    readonly memory: number;
    readonly platform: string;
    readonly node: string;
  };
  readonly cases: readonly CaseResult[];
}
