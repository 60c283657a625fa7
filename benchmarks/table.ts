import type { Figures, Row } from './contest.js';

/** Prints rows as a Markdown table; the ratio says how many times better ours, the first column, is than the second. */
export function printTable(rows: readonly Row[]): void {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row.figures)))];
  const lines = rows.map((row) => {
    const figures = names.map((name) => row.figures[name]);
    return [row.name, row.unit, ...figures.map(cell), ...(names.length > 1 ? [ratio(row, figures)] : [])];
  });
  const table = [['', 'unit', ...names, ...(names.length > 1 ? ['ratio'] : [])], ...lines];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((line) => line[column]?.length ?? 0))) ?? [];
  const print = (line: readonly string[]) => {
    const cells = line.map((text, column) =>
      column < 2 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0),
    );
    console.log(`| ${cells.join(' | ')} |`);
  };
  for (const [index, line] of table.entries()) {
    print(line);
    if (index === 0)
      print(widths.map((width, column) => (column < 2 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)));
  }
}

function cell(figures: Figures | undefined): string {
  return figures ? `${round(figures.median)} (${round(figures.least)}–${round(figures.most)})` : '';
}

function ratio(row: Row, [ours, other]: readonly (Figures | undefined)[]): string {
  if (!ours || !other) return '';
  return `${(row.rising ? ours.median / other.median : other.median / ours.median).toFixed(2)}×`;
}

function round(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en');
  return value.toFixed(value >= 10 ? 1 : 2);
}
