import { Latencies } from '../load/latencies.js';
import { mean, type Spread, spreadOf } from '../statistics.js';
import type { Measurement, ServerResult } from './report.js';

/** The figures that a server is judged by, each over all rounds. */
export interface Figures {
  /** Answers a second. */
  readonly perSecond: Spread;
  /** Milliseconds. */
  readonly p50: Spread;
  readonly p90: Spread;
  readonly p99: Spread;
  readonly mean: Spread;
  readonly max: Spread;
  readonly failed: number;
  readonly errorPercent: number;
  /** 100 is one core; NaN where the server's process is not known, as the next two. */
  readonly serverCpuPercent: Spread;
  /** CPU time of the server a request, in milliseconds. */
  readonly cpuMsPerRequest: Spread;
  /** The most that it had, MB. */
  readonly serverMemoryMb: Spread;
  /** NaN without a GPU. */
  readonly gpuPercent: Spread;
}

export function figuresOf({ rounds }: ServerResult): Figures {
  const over = (figure: (round: Measurement, latencies: Latencies) => number) =>
    spreadOf(rounds.map((round) => figure(round, Latencies.of([round.load.latency]))));
  const failed = rounds.reduce((sum, { load }) => sum + load.failed, 0);
  const all = failed + rounds.reduce((sum, { load }) => sum + load.answered, 0);
  return {
    perSecond: over(({ load }) => load.perSecond),
    p50: over((_, latencies) => latencies.at(50)),
    p90: over((_, latencies) => latencies.at(90)),
    p99: over((_, latencies) => latencies.at(99)),
    mean: over((_, latencies) => latencies.mean),
    max: over((_, latencies) => latencies.max),
    failed,
    errorPercent: all === 0 ? 0 : (100 * failed) / all,
    serverCpuPercent: over(({ usage, load }) => (100 * usage.serverCpuSeconds) / load.seconds),
    cpuMsPerRequest: over(
      ({ usage, load }) => (1000 * usage.serverCpuSeconds) / Math.max(1, load.answered + load.failed),
    ),
    serverMemoryMb: over(({ usage }) => Math.max(...usage.samples.map((sample) => sample.serverMemoryMb))),
    gpuPercent: over(({ usage }) => mean(usage.gpus.map((sample) => sample.percent))),
  };
}

/** How many times better the first is; NaN where one of the two is not known. */
export function ratioOf(first: Spread, second: Spread, moreIsBetter: boolean): number {
  return moreIsBetter ? first.median / second.median : second.median / first.median;
}
