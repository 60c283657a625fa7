import { describe, expect, it } from 'vitest';
import { parseMetricDefinitions } from '../../../../src/observability/metrics/metric-definition.js';
import { type MetricsMode, MetricsRegistry } from '../../../../src/observability/metrics/metrics-registry.js';
import { ModelMetrics } from '../../../../src/observability/metrics/model-metrics.js';
import { VersionMeter } from '../../../../src/observability/metrics/version-meter.js';
import type { RecordedMetric } from '../../../../src/observability/metrics/worker-line.js';

const yaml = `
ts_metrics:
  counter:
    - {name: Requests2XX, unit: Count, dimensions: [Level, Hostname]}
    - {name: ts_inference_requests_total, unit: Count, dimensions: [model_name, model_version, hostname]}
    - {name: ts_inference_latency_microseconds, unit: Microseconds, dimensions: [model_name, model_version, hostname]}
    - {name: ts_queue_latency_microseconds, unit: Microseconds, dimensions: [model_name, model_version, hostname]}
  gauge:
    - {name: QueueTime, unit: Milliseconds, dimensions: [Level, Hostname]}
model_metrics:
  gauge:
    - {name: HandlerTime, unit: ms, dimensions: [ModelName, Level]}
`;

function make(mode: MetricsMode, { text = yaml, autoDetect = false } = {}) {
  const said: Record<'ts' | 'model' | 'info' | 'error', string[]> = { ts: [], model: [], info: [], error: [] };
  const log = {
    debug: () => {},
    info: (line: string) => said.info.push(line),
    warn: () => {},
    error: (line: string) => said.error.push(line),
  };
  const bare = (line: string) => line.replace(/timestamp:\d+/, 'timestamp:T');
  const registry = new MetricsRegistry({
    mode,
    definitions: parseMetricDefinitions(text, 'm.yaml'),
    path: 'm.yaml',
    host: 'h1',
    logging: {
      ts: () => log,
      tsMetrics: (line) => said.ts.push(bare(line)),
      modelMetrics: (line) => said.model.push(bare(line)),
    },
  });
  return { registry, said, models: new ModelMetrics(registry, log, autoDetect) };
}

const recorded = (metric: Partial<RecordedMetric> = {}): RecordedMetric => ({
  name: 'HandlerTime',
  unit: 'Milliseconds',
  type: 'gauge',
  value: 2.5,
  dimensions: ['ModelName', 'm', 'Level', 'Model'],
  requestIds: ['r1'],
  ...metric,
});

describe('log mode', () => {
  it('writes each value by itself, with the unit of metrics.yaml, and exposes nothing', () => {
    const { registry, said, models } = make('log');
    const handle = registry.server('Requests2XX', ['Host']);
    handle.record(1);
    handle.record(1);
    models.record(recorded());
    expect(said.ts).toEqual(Array(2).fill('Requests2XX.Count:1.0|#Level:Host|#hostname:h1,timestamp:T'));
    expect(said.model).toEqual(['HandlerTime.ms:2.5|#ModelName:m,Level:Model|#hostname:h1,requestID:r1,timestamp:T']);
    expect(registry.render([])).toBe('');
  });

  it('has no metrics of ours', () => {
    const { registry, said } = make('log');
    new VersionMeter(registry, 'm', '1.0').failed('unavailable');
    expect(said.ts).toEqual([]);
  });
});

describe('prometheus mode', () => {
  it('keeps what is recorded, and writes nothing', () => {
    const { registry, said, models } = make('prometheus');
    registry.server('Requests2XX', ['Host']).record(1);
    registry.server('Requests2XX', ['Host']).record(1);
    models.record(recorded());
    expect(registry.render(['Requests2XX', 'HandlerTime'])).toBe(
      [
        '# HELP Requests2XX Torchserve prometheus counter metric with unit: Count',
        '# TYPE Requests2XX counter',
        'Requests2XX{Level="Host",Hostname="h1",} 2.0',
        '# HELP HandlerTime Torchserve prometheus gauge metric with unit: ms',
        '# TYPE HandlerTime gauge',
        'HandlerTime{ModelName="m",Level="Model",Hostname="h1",} 2.5',
        '',
      ].join('\n'),
    );
    expect([...said.ts, ...said.model, ...said.error]).toEqual([]);
  });

  it('does not start with one name for two metrics, or with one that Prometheus does not take', () => {
    expect(() =>
      make('prometheus', {
        text: 'ts_metrics: {gauge: [{name: A, unit: x, dimensions: [H]}]}\nmodel_metrics: {gauge: [{name: A, unit: x, dimensions: []}]}',
      }),
    ).toThrow(/^Invalid configuration: metrics_config m\.yaml defines A twice/);
    expect(() => make('prometheus', { text: 'ts_metrics: {gauge: [{name: a-b, unit: x, dimensions: [H]}]}' })).toThrow(
      /"a-b" is no name that Prometheus takes/,
    );
  });

  it('tells of dimensions that do not fit, and goes on', () => {
    const { registry, said, models } = make('prometheus', {
      text: yaml.replace('[Level, Hostname]', '[Level, Zone, Hostname]'),
    });
    registry.server('Requests2XX', ['Host']).record(1);
    models.record(recorded({ dimensions: ['ModelName', 'm'] }));
    expect(said.error).toEqual([
      'Failed to update frontend metric Requests2XX: Requests2XX has the dimensions Level, Zone, Hostname, but 2 values came: Host, h1',
      'Failed to update backend metric HandlerTime: HandlerTime has the dimensions ModelName, Level, Hostname, but 2 values came: m, h1',
    ]);
  });
});

describe('legacy mode', () => {
  it('exposes the three counters of inference, and writes the rest', () => {
    const { registry, said, models } = make('legacy');
    const meter = new VersionMeter(registry, 'm', '1.0');
    meter.asked(null);
    meter.asked('1.0');
    const now = performance.now();
    meter.finished({
      ok: true,
      requests: [{ arrivedAt: now - 30, dispatchedAt: now - 10, namedVersion: null, alone: false }],
      elapsedMs: 3,
      heldMs: 5,
    });
    registry.server('Requests2XX', ['Host']).record(1);
    models.record(recorded());
    const shown = registry.render([]);
    expect(shown).toContain('ts_inference_requests_total{model_name="m",model_version="default",hostname="h1",} 1.0\n');
    expect(shown).toContain('ts_inference_requests_total{model_name="m",model_version="1.0",hostname="h1",} 1.0\n');
    expect(Number(/ts_inference_latency_microseconds\{[^}]*\} (\S+)/.exec(shown)?.[1])).toBeGreaterThanOrEqual(30_000);
    expect(Number(/ts_queue_latency_microseconds\{[^}]*\} (\S+)/.exec(shown)?.[1])).toBeCloseTo(20_000, -1);
    expect(shown).not.toContain('Requests2XX');
    expect(shown).not.toContain('torchbridge');
    expect(said.ts).toEqual([
      'QueueTime.Milliseconds:20.0|#Level:Host|#hostname:h1,timestamp:T',
      'Requests2XX.Count:1.0|#Level:Host|#hostname:h1,timestamp:T',
    ]);
    expect(said.model).toHaveLength(1);
  });
});

describe('metrics that metrics.yaml does not list', () => {
  const unknown = recorded({ name: 'Mine', unit: 'Count', type: 'counter', requestIds: [] });

  it('are dropped', () => {
    const { said, models } = make('log');
    models.record(unknown);
    expect(said.model).toEqual([]);
  });

  it('are taken where they are to be detected, with this first value', () => {
    const { registry, said, models } = make('prometheus', { autoDetect: true });
    models.record(unknown);
    models.record(unknown);
    expect(said.info).toHaveLength(1);
    expect(said.info[0]).toMatch(
      /^Registering auto detected backend metric: Mine\.Count:2\.5\|#ModelName:m,Level:Model\|#hostname:h1,timestamp:\d+$/,
    );
    expect(registry.render(['Mine'])).toContain('Mine{ModelName="m",Level="Model",Hostname="h1",} 5.0\n');
  });

  it('with a name that Prometheus does not take cost an error in the log', () => {
    const { said, models } = make('prometheus', { autoDetect: true });
    models.record(recorded({ name: 'a b' }));
    expect(said.error[0]).toMatch(/^Failed to update backend metric a b: /);
  });
});

describe('a line of a worker', () => {
  it('that is a metric is recorded and goes nowhere else', () => {
    const { said, models } = make('log');
    expect(models.takeLine('[METRICS]HandlerTime.ms:7|#ModelName:m,Level:Model|#type:GAUGE|#hostname:w,1,r9')).toBe(
      true,
    );
    expect(said.model).toEqual(['HandlerTime.ms:7.0|#ModelName:m,Level:Model|#hostname:h1,requestID:r9,timestamp:T']);
  });

  it('that is a metric gone wrong is told of', () => {
    const { said, models } = make('log');
    expect(models.takeLine('[METRICS]oh no')).toBe(true);
    expect(said.error).toEqual(['Failed to parse metrics line: "oh no".']);
  });

  it('that is none is left alone', () => {
    expect(make('log').models.takeLine('hello [METRICS]')).toBe(false);
  });
});
