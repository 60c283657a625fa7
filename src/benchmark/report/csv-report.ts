import { Latencies } from '../load/latencies.js';
import type { LoggedMetric } from '../server/metric-logs.js';
import { mean } from '../statistics.js';
import { figuresOf } from './figures.js';
import type { CaseResult, Measurement, MetricSummary, ServerResult } from './report.js';

type Cells = readonly (readonly [column: string, cell: string | number])[];

/**
 * The text of ab_report.csv: TorchServe's thirty columns in its order, three more with handler profiling, a row a case.
 * What was not measured is 0.0, as there. Of several rounds a row has the medians, and the means of the metrics.
 * @param which 0 for the server, 1 for the one it is compared with; cases without it have no row.
 */
export function csvReport(cases: readonly CaseResult[], which: 0 | 1): string {
  const rows = cases.flatMap((result) => {
    const server = result.servers[which];
    return server ? [cellsOf(result, server)] : [];
  });
  // Handler profiling may be on for some cases only.
  const columns = rows.reduce<string[]>(
    (longest, cells) => (cells.length > longest.length ? cells.map(([name]) => name) : longest),
    [],
  );
  const lines = rows.map((cells) => columns.map((_, index) => csvCell(cells[index]?.[1] ?? 0)));
  return [columns.map(csvCell), ...lines].map((line) => `${line.join(',')}\n`).join('');
}

function cellsOf({ case: one }: CaseResult, server: ServerResult): Cells {
  const figures = figuresOf(server);
  const latencies = Latencies.of(server.rounds.map(({ load }) => load.latency));
  const metric = (name: LoggedMetric, of: keyof MetricSummary) =>
    mean(server.rounds.flatMap(({ logged }) => logged[name]?.[of] ?? []));
  const usage = (of: (round: Measurement) => readonly number[]) => mean(server.rounds.flatMap(of));
  const requests = server.rounds.reduce((sum, { load }) => sum + load.answered + load.failed, 0);
  const profiled = one.handlerProfiling;
  return [
    ['Benchmark', 'torchserve-benchmark'],
    ['TS failed requests', figures.failed],
    ['TS throughput', figures.perSecond.median],
    ['TS latency P50', figures.p50.median],
    ['TS latency P90', figures.p90.median],
    ['TS latency P99', figures.p99.median],
    ['TS latency mean', latencies.mean],
    ['TS error rate', figures.errorPercent],
    ['Batch size', one.batchSize],
    ['Batch delay', one.batchDelayMs],
    ['Workers', one.workers],
    ['Model', `[.mar](${one.archive ?? one.model})`],
    ['Concurrency', one.connections],
    ['Input', `[input](${one.input ?? ''})`],
    ['Requests', requests],
    ['Model_p50', metric('PredictionTime', 'p50')],
    ['Model_p90', metric('PredictionTime', 'p90')],
    ['Model_p99', metric('PredictionTime', 'p99')],
    ['Queue time p50', metric('QueueTime', 'p50')],
    ['Queue time p90', metric('QueueTime', 'p90')],
    ['Queue time p99', metric('QueueTime', 'p99')],
    ['predict_mean', metric('PredictionTime', 'mean')],
    ['handler_time_mean', metric('HandlerTime', 'mean')],
    ['waiting_time_mean', metric('QueueTime', 'mean')],
    ['worker_thread_mean', metric('WorkerThreadTime', 'mean')],
    ['cpu_percentage_mean', usage((round) => round.usage.samples.map((sample) => sample.hostCpuPercent))],
    ['memory_percentage_mean', usage((round) => round.usage.samples.map((sample) => sample.hostMemoryPercent))],
    ['gpu_percentage_mean', usage((round) => round.usage.gpus.map((sample) => sample.percent))],
    ['gpu_memory_percentage_mean', usage((round) => round.usage.gpus.map((sample) => sample.memoryPercent))],
    ['gpu_memory_used_mean', usage((round) => round.usage.gpus.map((sample) => sample.memoryUsedMb))],
    ...(profiled
      ? ([
          ['handler_preprocess_mean', metric('ts_handler_preprocess', 'mean')],
          ['handler_inference_mean', metric('ts_handler_inference', 'mean')],
          ['handler_postprocess_mean', metric('ts_handler_postprocess', 'mean')],
        ] as const)
      : []),
  ];
}

function csvCell(value: string | number): string {
  if (typeof value === 'number')
    return Number.isInteger(value) ? String(value) : Number.isFinite(value) ? value.toFixed(3) : '0.0';
  return /[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
