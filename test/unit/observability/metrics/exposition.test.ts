import { describe, expect, it } from 'vitest';
import { exposition } from '../../../../src/observability/metrics/exposition.js';
import { Family, nameProblem } from '../../../../src/observability/metrics/family.js';

const counter = () =>
  new Family({ name: 'Requests', type: 'counter', dimensions: ['Level', 'Hostname'], help: 'requests' });

describe('the exposition', () => {
  it("has TorchServe's form: a comma behind each label, numbers as of Java", () => {
    const family = counter();
    family.of(['Host', 'h1']).record(1);
    family.of(['Host', 'h1']).record(12_345_678);
    expect(exposition([family], [])).toBe(
      '# HELP Requests requests\n# TYPE Requests counter\nRequests{Level="Host",Hostname="h1",} 1.2345679E7\n',
    );
  });

  it('shows what has no samples yet', () => {
    expect(exposition([counter()], [])).toBe('# HELP Requests requests\n# TYPE Requests counter\n');
  });

  it('of a histogram has its buckets, then count and sum', () => {
    const family = new Family({ name: 'Hist', type: 'histogram', dimensions: ['m'], help: 'h', buckets: [0.005, 1] });
    for (const value of [0.005, 0.5, 7]) family.of(['x']).record(value);
    expect(exposition([family], [])).toBe(
      [
        '# HELP Hist h',
        '# TYPE Hist histogram',
        'Hist_bucket{m="x",le="0.005",} 1.0',
        'Hist_bucket{m="x",le="1.0",} 2.0',
        'Hist_bucket{m="x",le="+Inf",} 3.0',
        'Hist_count{m="x",} 3.0',
        'Hist_sum{m="x",} 7.505',
        '',
      ].join('\n'),
    );
  });

  it('escapes what stands in labels and help', () => {
    const family = new Family({ name: 'A', type: 'gauge', dimensions: ['x'], help: 'a\\b\nc' });
    family.of(['"\\\n']).record(1);
    expect(exposition([family], [])).toBe('# HELP A a\\\\b\\nc\n# TYPE A gauge\nA{x="\\"\\\\\\n",} 1.0\n');
  });

  it('spells infinity as Prometheus does', () => {
    const family = new Family({ name: 'A', type: 'gauge', dimensions: [], help: 'a' });
    family.of([]).record(Number.POSITIVE_INFINITY);
    expect(exposition([family], [])).toContain('\nA +Inf\n');
    family.of([]).record(Number.NEGATIVE_INFINITY);
    expect(exposition([family], [])).toContain('\nA -Inf\n');
  });

  it('keeps the samples that are asked for by their exact names', () => {
    const family = new Family({ name: 'Hist', type: 'histogram', dimensions: [], help: 'h', buckets: [1] });
    family.of([]).record(0.5);
    const other = counter();
    other.of(['Host', 'h1']).record(1);
    expect(exposition([family, other], ['Hist_count'])).toBe('# HELP Hist h\n# TYPE Hist histogram\nHist_count 1.0\n');
    expect(exposition([family, other], ['Hist'])).toBe('');
    expect(exposition([family, counter()], ['Requests'])).toBe('');
  });
});

describe('a family', () => {
  it('wants a value for each dimension', () => {
    expect(() => counter().of(['Host'])).toThrow(
      'Requests has the dimensions Level, Hostname, but 1 values came: Host',
    );
  });

  it('counts up only', () => {
    const family = counter();
    const child = family.of(['Host', 'h1']);
    for (const value of [2, -1, Number.NaN]) child.record(value);
    expect(family.samples()[0]?.value).toBe(2);
  });

  it('forgets what is removed', () => {
    const family = counter();
    family.of(['Host', 'h1']).record(1);
    family.remove(['Host', 'h1']);
    expect(family.samples()).toEqual([]);
  });

  it('has a name and labels that Prometheus takes', () => {
    expect(nameProblem('ts_x:y', ['ModelName'])).toBe(null);
    expect(nameProblem('a-b', [])).toMatch(/"a-b" is no name/);
    expect(nameProblem('a', ['b c'])).toMatch(/dimension "b c" of a/);
    expect(nameProblem('a', ['__x'])).toMatch(/__x/);
  });
});
