import type { Spread } from '../statistics.js';

/** Three significant digits or a whole number with thousands; a dash where there is nothing to tell. */
export function numberText(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size >= 100) return Math.round(value).toLocaleString('en');
  if (size >= 10) return value.toFixed(1);
  return size === 0 ? '0' : value.toFixed(size >= 0.095 ? 2 : 3);
}

/** `median (least–most)`; the median alone where all are the same. */
export function spreadText({ median, least, most }: Spread): string {
  const text = numberText(median);
  return Number.isNaN(median) || least === most ? text : `${text} (${numberText(least)}–${numberText(most)})`;
}

/** `2.35×`, or a dash. */
export function ratioText(ratio: number): string {
  return Number.isFinite(ratio) ? `${ratio >= 20 ? Math.round(ratio) : ratio.toFixed(2)}×` : '–';
}
