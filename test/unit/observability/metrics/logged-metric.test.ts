import { describe, expect, it } from 'vitest';
import { LoggedMetric } from '../../../../src/observability/metrics/logged-metric.js';
import type { MetricDefinition } from '../../../../src/observability/metrics/metric-definition.js';

function lineOf(
  definition: Pick<MetricDefinition, 'name' | 'unit' | 'dimensions'>,
  values: string[],
  value: number,
  requestIds?: string[],
) {
  const lines: string[] = [];
  new LoggedMetric({ ...definition, type: 'gauge' }, 'h1', (line) => lines.push(line), requestIds !== undefined)
    .of(values)
    .record(value, requestIds);
  return lines[0]?.replace(/timestamp:\d{10}$/, 'timestamp:<seconds>');
}

const loadTime = { name: 'WorkerLoadTime', unit: 'Milliseconds', dimensions: ['WorkerName', 'Level', 'Hostname'] };
const prediction = { name: 'PredictionTime', unit: 'ms', dimensions: ['ModelName', 'Level', 'Hostname'] };

describe('a metric in the logs', () => {
  it('of the server names its host and time', () => {
    expect(lineOf(loadTime, ['W-9000-m_1.0', 'Host', 'h1'], 7584)).toBe(
      'WorkerLoadTime.Milliseconds:7584.0|#WorkerName:W-9000-m_1.0,Level:Host|#hostname:h1,timestamp:<seconds>',
    );
  });

  it('of a handler names its requests, or null', () => {
    expect(lineOf(prediction, ['m', 'Model', 'h1'], 0.04, ['a', 'b'])).toBe(
      'PredictionTime.ms:0.04|#ModelName:m,Level:Model|#hostname:h1,requestID:a,b,timestamp:<seconds>',
    );
    expect(lineOf(prediction, ['m', 'Model', 'h1'], 0.04, [])).toContain('|#hostname:h1,requestID:null,timestamp:');
  });

  it('without dimensions has an empty middle', () => {
    expect(lineOf({ ...prediction, dimensions: ['Hostname'] }, ['h1'], 1)).toBe(
      'PredictionTime.ms:1.0|#|#hostname:h1,timestamp:<seconds>',
    );
  });

  it('with fewer values than names shows the pairs that there are', () => {
    expect(lineOf(prediction, ['m', 'h1'], 1)).toContain('|#ModelName:m|#hostname:h1');
  });
});
