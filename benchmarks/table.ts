import { numberText, spreadText } from '../src/benchmark/report/number-text.js';
import { type Spread, spreadOf } from '../src/benchmark/statistics.js';
import type { Figures, Row } from './contest.js';
import { type Goal, goalOf } from './goals.js';

const ours = 'torchbridge';
const reference = 'TorchServe 0.12.0';

/** A row held against its goal. */
export interface Verdict {
  readonly row: Row;
  readonly goal: Goal | null;
  /** Ours over what it is compared with, round by round, or the figure itself; NaN where a side is missing. */
  readonly reached: Spread;
  /** Whether the goal is met; null without one, or without a figure. */
  readonly met: boolean | null;
}

export function verdictOf(row: Row): Verdict {
  const goal = goalOf(row.name);
  const against = goal === null ? reference : goal.against;
  const own = row.figures[ours];
  const reached = (against === null ? own : over(own, row.figures[against])) ?? spreadOf([]);
  const { median } = reached;
  if (goal === null || goal.must === null || Number.isNaN(median)) return { row, goal, reached, met: null };
  return { row, goal, reached, met: row.rising ? median >= goal.must : median <= goal.must };
}

/** What two measured in the same round is compared, since the machine is not the same from minute to minute. */
function over(own: Figures | undefined, other: Figures | undefined): Spread | undefined {
  if (!own || !other) return undefined;
  if (own.all.length !== other.all.length) return spreadOf([own.median / other.median]);
  return spreadOf(own.all.map((value, round) => value / (other.all[round] ?? Number.NaN)));
}

/** A Markdown table of rows; those that fall short of their goal first, then those with a goal, then the others. */
export function markdownTable(rows: readonly Row[]): string {
  const place = ({ met, goal }: Verdict) => (met === false ? 0 : goal ? 1 : 2);
  const verdicts = rows.map(verdictOf).sort((one, other) => place(one) - place(other));
  const head = ['', 'unit', ours, reference, 'beside', 'reached', 'must reach', 'aim'];
  return markdown([head, ...verdicts.map(cells)]);
}

function cells({ row, goal, reached, met }: Verdict): string[] {
  const beside = Object.entries(row.figures).filter(([name]) => name !== ours && name !== reference);
  const times = goal?.against !== null;
  const limit = goal?.must ?? null;
  return [
    row.name,
    row.unit,
    row.figures[ours] ? spreadText(row.figures[ours]) : '',
    row.figures[reference] ? spreadText(row.figures[reference]) : '',
    beside.map(([name, figures]) => `${name} ${spreadText(figures)}`).join('; '),
    reachedText(reached, times ? '×' : '', met),
    limit === null ? '' : `${row.rising ? '≥' : '≤'} ${limit}${times ? '×' : ''}`,
    goal?.aim ?? '',
  ];
}

function reachedText({ median, least, most }: Spread, unit: string, met: boolean | null): string {
  if (Number.isNaN(median)) return '';
  const text = `${numberText(median)}${unit}`;
  const spread = least === most || unit === '' ? '' : ` (${numberText(least)}–${numberText(most)})`;
  return met === false ? `**${text}${spread}, short**` : `${text}${spread}`;
}

function markdown(lines: readonly (readonly string[])[]): string {
  const widths = lines[0]?.map((_, column) => Math.max(3, ...lines.map((line) => line[column]?.length ?? 0))) ?? [];
  const right = (column: number) => column > 1 && column !== 4;
  const print = (line: readonly string[]) =>
    `| ${line.map((text, column) => (right(column) ? text.padStart(widths[column] ?? 0) : text.padEnd(widths[column] ?? 0))).join(' | ')} |`;
  const rule = widths.map((width, column) => (right(column) ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)));
  return [...lines.slice(0, 1).map(print), print(rule), ...lines.slice(1).map(print)].join('\n');
}
