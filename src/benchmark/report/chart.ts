import { type ScaleContinuousNumeric, scaleLinear, scaleLog } from 'd3-scale';
import { area, curveStepAfter, line } from 'd3-shape';
import { escapeHtml } from './escape-html.js';
import { numberText } from './number-text.js';

export interface Series {
  readonly name: string;
  /** Which of the page's colours. */
  readonly color: number;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Axis {
  readonly label: string;
  readonly log?: boolean;
  /** Places and texts of the marks; chosen unless given. */
  readonly marks?: readonly (readonly [value: number, text: string])[];
}

export interface Chart {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
  /** `bars` stand on the axis, each from its x to that of the next point; `dots` marks the points of a line. */
  readonly form: 'line' | 'dots' | 'bars';
}

type Scale = ScaleContinuousNumeric<number, number>;

const size = { width: 560, height: 300 };
const frame = { left: 62, right: 544, top: 14, bottom: 252 };

/** An HTML figure with the chart as SVG, without scripts; empty where no series has two points. */
export function chartFigure({ title, x, y, series, form }: Chart): string {
  const drawn = series
    .map((one) => ({ ...one, points: one.points.filter(([px, py]) => Number.isFinite(px) && Number.isFinite(py)) }))
    .filter(({ points }) => points.length > 1);
  if (drawn.length === 0) return '';
  const xs = drawn.flatMap(({ points }) => points.map(([value]) => value));
  const ys = drawn.flatMap(({ points }) => points.map(([, value]) => value));
  const across = scaleOf(x, [x.log ? Math.min(...xs) : Math.min(0, ...xs), Math.max(...xs)]).range([
    frame.left,
    frame.right,
  ]);
  const up = scaleOf(y, [y.log ? Math.min(...ys) : 0, Math.max(...ys) * (y.log ? 1 : 1.05) || 1]).range([
    frame.bottom,
    frame.top,
  ]);
  const parts = [
    ...marksOf(y, up).map(([at, text]) => {
      const place = at.toFixed(1);
      const label = `<text class="mark" x="${frame.left - 8}" y="${place}" dy="0.32em" text-anchor="end">${text}</text>`;
      return `<line class="grid" x1="${frame.left}" x2="${frame.right}" y1="${place}" y2="${place}"/>${label}`;
    }),
    ...marksOf(x, across).map(([at, text]) => {
      const place = at.toFixed(1);
      const label = `<text class="mark" x="${place}" y="${frame.bottom + 18}" text-anchor="middle">${text}</text>`;
      return `<line class="tick" x1="${place}" x2="${place}" y1="${frame.bottom}" y2="${frame.bottom + 5}"/>${label}`;
    }),
    `<line class="axis" x1="${frame.left}" x2="${frame.right}" y1="${frame.bottom}" y2="${frame.bottom}"/>`,
    `<text class="label" x="${(frame.left + frame.right) / 2}" y="${size.height - 10}" text-anchor="middle">${escapeHtml(x.label)}</text>`,
    `<text class="label" transform="translate(14 ${(frame.top + frame.bottom) / 2}) rotate(-90)" text-anchor="middle">${escapeHtml(y.label)}</text>`,
    ...drawn.map((one) => drawSeries(one, across, up, form)),
  ];
  const svg = `<svg viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${escapeHtml(title)}">${parts.join('')}</svg>`;
  return `<figure><figcaption>${escapeHtml(title)}</figcaption>${svg}</figure>`;
}

function drawSeries({ name, color, points }: Series, across: Scale, up: Scale, form: Chart['form']): string {
  const places = points.map(([px, py]): [number, number] => [across(px), up(py)]);
  const words = `<title>${escapeHtml(name)}</title>`;
  if (form === 'bars') {
    const [low] = up.range();
    const filled = area()
      .y0(low ?? 0)
      .curve(curveStepAfter)(places);
    const outline = line().curve(curveStepAfter)(places);
    return `<g class="c${color}">${words}<path class="fill" d="${filled}"/><path class="stroke" d="${outline}"/></g>`;
  }
  const dots = places.map(([px, py], index) => {
    const [vx, vy] = points[index] ?? [];
    const tip = `${escapeHtml(name)}: ${numberText(vy ?? Number.NaN)} at ${numberText(vx ?? Number.NaN)}`;
    return `<circle class="dot" cx="${px.toFixed(1)}" cy="${py.toFixed(1)}" r="3.5"><title>${tip}</title></circle>`;
  });
  return `<g class="c${color}">${words}<path class="stroke" d="${line()(places)}"/>${form === 'dots' ? dots.join('') : ''}</g>`;
}

function scaleOf(axis: Axis, [low, high]: readonly [number, number]): Scale {
  if (!axis.log) return scaleLinear().domain([low, high > low ? high : low + 1]);
  const least = Math.max(low, 1e-6);
  return scaleLog().domain([least, Math.max(high, least * 1.1)]);
}

/** Places of the marks on the page and their texts. */
function marksOf(axis: Axis, scale: Scale): [number, string][] {
  const [low = 0, high = 0] = scale.domain();
  const within = ([value]: readonly [number, string]) => value >= low && value <= high;
  const marks =
    axis.marks?.filter(within) ?? valuesOf(axis, scale).map((value): [number, string] => [value, markText(value)]);
  return marks.map(([value, text]) => [scale(value), text]);
}

function valuesOf(axis: Axis, scale: Scale): number[] {
  if (!axis.log) return scale.ticks(6);
  const [low = 1, high = 1] = scale.domain();
  const wide = high / low > 200;
  const steps = wide ? [1] : high / low > 8 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 6, 8];
  const first = Math.floor(Math.log10(low));
  const decades = Array.from({ length: Math.ceil(Math.log10(high)) - first + 1 }, (_, index) => 10 ** (first + index));
  const values = decades
    .flatMap((decade) => steps.map((step) => step * decade))
    .filter((value) => value >= low && value <= high);
  return values.length > 1 ? values : scale.ticks(4);
}

function markText(value: number): string {
  if (value >= 10_000) return `${Number((value / 1000).toPrecision(3))}k`;
  return String(Number(value.toPrecision(3)));
}
