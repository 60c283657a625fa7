import { describe, expect, it } from 'vitest';
import { metricStart, parseMetric } from '../../../../src/observability/metrics/worker-line.js';

describe('a metric in the output of a worker', () => {
  it('is found at the start of a line, or behind what loggers write', () => {
    expect(metricStart('[METRICS]a')).toBe(9);
    expect(metricStart('INFO > [METRICS]a')).toBe(16);
    expect(metricStart('see [METRICS]a')).toBe(-1);
  });

  it('is read with all its parts', () => {
    expect(
      parseMetric('My Time.Milliseconds:1.5e-3|#ModelName:m,Level:Model|#type:GAUGE|#hostname:h,1767323045,id1,id2'),
    ).toEqual({
      name: 'My Time',
      unit: 'Milliseconds',
      type: 'gauge',
      value: 0.0015,
      dimensions: ['ModelName', 'm', 'Level', 'Model'],
      requestIds: ['id1', 'id2'],
    });
  });

  it('may lack type and requests, as from C++', () => {
    expect(parseMetric('A.Count:2|#|#hostname:h,1767323045')).toEqual({
      name: 'A',
      unit: 'Count',
      type: null,
      value: 2,
      dimensions: [],
      requestIds: [],
    });
  });

  it('may have values with colons, infinite and large ones', () => {
    expect(parseMetric('A.Count:1e+22|#url:http://x|#type:COUNTER|#hostname:h,1')).toMatchObject({
      value: 1e22,
      dimensions: ['url', 'http://x'],
    });
    expect(parseMetric('A.Count:inf|#|#hostname:h,1')?.value).toBe(Number.POSITIVE_INFINITY);
    expect(parseMetric('A.Count:nan|#|#hostname:h,1')?.value).toBeNaN();
  });

  it.each([
    '',
    'A:1',
    'A.B:x|#|#hostname:h,1',
    'a-b.Count:1|#|#hostname:h,1',
    'A.Count:1|#',
    'Failed to update metric with name:x',
  ])('is not %j', (text) => {
    expect(parseMetric(text)).toBe(null);
  });
});
