import type { BenchmarkCase } from '../settings/benchmark-case.js';
import type { Chart, Series } from './chart.js';
import { type Figures, figuresOf } from './figures.js';
import type { CaseResult } from './report.js';

type Knob = readonly [label: string, of: (one: BenchmarkCase) => number | null];

const knobs: readonly Knob[] = [
  ['requests/s sent', (one) => one.rate],
  ['connections', (one) => one.connections],
  ['batch size', (one) => one.batchSize],
  ['workers', (one) => one.workers],
];

/** Throughput and p99 over each of the settings that the cases vary, a curve for each combination of the others. */
export function throughputCurves(cases: readonly CaseResult[]): Chart[] {
  return knobs.flatMap((knob) => {
    const [label, of] = knob;
    if (new Set(cases.map((result) => of(result.case))).size < 2) return [];
    const x = { label, log: cases.every((result) => (of(result.case) ?? 0) > 0) };
    const series = (figure: (figures: Figures) => number) => curves(cases, knob, figure);
    return [
      {
        title: `Throughput by ${label}`,
        x,
        y: { label: 'answers a second' },
        form: 'dots',
        series: series(({ perSecond }) => perSecond.median),
      },
      {
        title: `p99 by ${label}`,
        x,
        y: { label: 'milliseconds' },
        form: 'dots',
        series: series(({ p99 }) => p99.median),
      },
    ] satisfies Chart[];
  });
}

function curves(cases: readonly CaseResult[], [label, of]: Knob, figure: (figures: Figures) => number): Series[] {
  const found = new Map<string, { color: number; points: [number, number][] }>();
  for (const { case: one, servers } of cases) {
    const others = knobs.filter(([other]) => other !== label).map(([other, value]) => [other, value(one)] as const);
    const rest = others.flatMap(([other, value]) => (value === null ? [] : [`${other} ${value}`])).join(', ');
    for (const [color, result] of servers.entries()) {
      const name = `${result.server}, ${rest}`;
      const curve = found.get(name) ?? { color, points: [] };
      found.set(name, curve);
      curve.points.push([of(one) ?? Number.NaN, figure(figuresOf(result))]);
    }
  }
  return [...found].map(([name, { color, points }]) => ({ name, color, points: points.sort(([a], [b]) => a - b) }));
}
