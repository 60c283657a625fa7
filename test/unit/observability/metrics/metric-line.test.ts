import { describe, expect, it } from 'vitest';
import { decimal, metricLine } from '../../../../src/observability/metrics/metric-line.js';

describe('a number in the logs', () => {
  it.each([
    [1, '1.0'],
    [0, '0.0'],
    [0.04, '0.04'],
    [0.00001, '1.0E-5'],
    [123456789, '1.23456789E8'],
    [9999999.5, '9999999.5'],
    [10_000_000, '1.0E7'],
    [-2.5, '-2.5'],
    [Number.NaN, 'NaN'],
    [Number.NEGATIVE_INFINITY, '-Infinity'],
  ])('%d reads %s', (value, text) => {
    expect(decimal(value)).toBe(text);
  });
});

describe('a metric in the logs', () => {
  it('of the server names its host and time', () => {
    const metric = {
      name: 'WorkerLoadTime',
      unit: 'Milliseconds',
      value: 7584,
      dimensions: ['WorkerName', 'W-9000-m_1.0', 'Level', 'Host'],
    };
    expect(metricLine(metric, 'h1', 1_767_323_045_678)).toBe(
      'WorkerLoadTime.Milliseconds:7584.0|#WorkerName:W-9000-m_1.0,Level:Host|#hostname:h1,timestamp:1767323045',
    );
  });

  it('of a handler names its requests, or null', () => {
    const metric = {
      name: 'PredictionTime',
      unit: 'ms',
      value: 0.04,
      dimensions: ['ModelName', 'm', 'Level', 'Model'],
    };
    expect(metricLine({ ...metric, requestIds: ['a', 'b'] }, 'h1', 1000)).toBe(
      'PredictionTime.ms:0.04|#ModelName:m,Level:Model|#hostname:h1,requestID:a,b,timestamp:1',
    );
    expect(metricLine({ ...metric, requestIds: [] }, 'h1', 1000)).toContain('requestID:null,');
  });
});
