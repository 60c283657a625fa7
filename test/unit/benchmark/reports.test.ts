import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Recorder } from '../../../src/benchmark/load/recorder.js';
import { csvReport } from '../../../src/benchmark/report/csv-report.js';
import { htmlReport } from '../../../src/benchmark/report/html-report.js';
import { numberText, spreadText } from '../../../src/benchmark/report/number-text.js';
import type { BenchmarkReport, CaseResult, Measurement } from '../../../src/benchmark/report/report.js';
import { besideEarlier, readReport, writeReports } from '../../../src/benchmark/report/write-reports.js';
import { casesOf } from '../../../src/benchmark/settings/benchmark-case.js';
import { readSettings } from '../../../src/benchmark/settings/benchmark-settings.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

/** A measurement of requests that took so many milliseconds, one of which failed. */
function measurement(latencies: readonly number[]): Measurement {
  const recorder = new Recorder();
  const outcome = { status: '200', firstByte: Number.NaN, pieces: 1, bytes: 2, text: '' };
  for (const latency of latencies) recorder.ended(performance.now() - latency, { ...outcome, ok: true });
  recorder.ended(performance.now(), { ...outcome, ok: false, status: '503', text: '<full>' });
  const sample = { seconds: 1, hostCpuPercent: 50, hostMemoryPercent: 25, serverCpuPercent: 80, serverMemoryMb: 300 };
  return {
    load: { ...recorder.result(), seconds: 2, perSecond: latencies.length / 2 },
    usage: { samples: [sample, { ...sample, seconds: 2, serverMemoryMb: 310 }], serverCpuSeconds: 1.5, gpus: [] },
    logged: { PredictionTime: { p50: 2, p90: 3, p99: 4, mean: 2.5 } },
  };
}

const [one] = casesOf(
  readSettings([{ values: { url: 'https://host/a,b.mar', rate: 20, workers: 2 }, file: null }]).settings,
);
if (!one) throw new Error('no case');
const cases: CaseResult[] = [
  {
    case: one,
    servers: [
      { server: 'torchbridge', version: '0.12.0', rounds: [measurement([10, 20, 30]), measurement([10, 20, 90])] },
      { server: 'TorchServe', version: null, rounds: [measurement([40, 40, 40])] },
    ],
  },
];
const report: BenchmarkReport = {
  format: 'torchbridge-benchmark-1',
  started: '2030-01-02T03:04:05.678Z',
  machine: { cpu: 'A & B', cores: 2, memory: 2 ** 33, platform: 'linux x64', node: '20.1.0' },
  cases,
};

/** Upstream's, in its order. */
const columns =
  `Benchmark,TS failed requests,TS throughput,TS latency P50,TS latency P90,TS latency P99,TS latency mean,TS error rate,
Batch size,Batch delay,Workers,Model,Concurrency,Input,Requests,Model_p50,Model_p90,Model_p99,Queue time p50,Queue time p90,
Queue time p99,predict_mean,handler_time_mean,waiting_time_mean,worker_thread_mean,cpu_percentage_mean,memory_percentage_mean,
gpu_percentage_mean,gpu_memory_percentage_mean,gpu_memory_used_mean`.replaceAll('\n', '');

describe('ab_report.csv', () => {
  test("has upstream's columns, and 0.0 for what was not measured", () => {
    const [head, row, rest] = csvReport(cases, 0).trim().split('\n');
    expect(head).toBe(columns);
    expect(rest).toBeUndefined();
    expect(row).toMatch(/^torchserve-benchmark,2,1\.500,20\.\d{3},/);
    expect(row).toContain(
      ',25,1,200,2,"[.mar](https://host/a,b.mar)",10,[input](),8,2,3,4,0.0,0.0,0.0,2.500,0.0,0.0,0.0,50,25,0.0,0.0,0.0',
    );
  });

  test('three more columns with handler profiling', () => {
    const profiled = cases.map((result) => ({ ...result, case: { ...one, handlerProfiling: true } }));
    expect(csvReport(profiled, 0).split('\n')[0]).toBe(
      `${columns},handler_preprocess_mean,handler_inference_mean,handler_postprocess_mean`,
    );
  });
});

describe('report.html', () => {
  const html = htmlReport(report);

  test('stands alone: no script, nothing from elsewhere', () => {
    expect(html).not.toMatch(/<script|<link|<img|src=|url\(|@import/);
    expect(html.match(/https?:\/\/[^\s"<]+/g)).toEqual(['https://host/a,b.mar']);
  });

  test('escapes what others wrote, and tells of failures', () => {
    expect(html).toContain('A &amp; B');
    expect(html).toContain('503 &lt;full&gt;');
    expect(html).not.toContain('<full>');
  });

  test('compares the two servers', () => {
    expect(html).toContain('<td class="worse">1.00×</td>'.replace('worse', 'better'));
    expect(html.match(/<figcaption>[^<]+/g)).toEqual(
      expect.arrayContaining(['<figcaption>Latency: how many requests took how long']),
    );
    expect(html).not.toMatch(/NaN|undefined|Infinity/);
  });
});

describe('results.json', () => {
  test('is read again as it was, numbers that are missing included', () => {
    const folder = temporaryFolder('report');
    const paths = writeReports(report, folder);
    expect(paths.map((path) => path.slice(folder.length + 1))).toEqual(
      ['ab_report.csv', 'ab_report_against.csv', 'results.json', 'report.html'].map((name) => `benchmark/${name}`),
    );
    const file = join(folder, 'benchmark/results.json');
    expect(readReport(file)).toEqual(report);
    expect(JSON.parse(readFileSync(file, 'utf8')).cases).toHaveLength(1);
  });

  test('an earlier run stands beside a new one, case by case', () => {
    const alone = cases.map((result) => ({ ...result, servers: result.servers.slice(0, 1) }));
    expect(besideEarlier(alone, report)[0]?.servers.map(({ server }) => server)).toEqual([
      'torchbridge',
      'torchbridge (2030-01-02T03:04)',
    ]);
    expect(besideEarlier(alone, { ...report, cases: [] })).toEqual(alone);
  });

  test('another file is refused by name', () => {
    const folder = temporaryFolder('report');
    expect(() => readReport(join(folder, 'none.json'))).toThrow(
      'none.json cannot be read as the results of an earlier run',
    );
  });
});

test('numbers as people read them', () => {
  expect([0, 0.0123, 0.5, 12.34, 999.6, 12_345.6, Number.NaN].map(numberText)).toEqual([
    '0',
    '0.012',
    '0.50',
    '12.3',
    '1,000',
    '12,346',
    '–',
  ]);
  expect(spreadText({ median: 2, least: 1, most: 3 })).toBe('2.00 (1.00–3.00)');
});
