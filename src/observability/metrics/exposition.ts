import { decimal } from './decimal.js';
import type { Family, Sample } from './family.js';

/** The Content-Type of an exposition. */
export const expositionType = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * Families as Prometheus text, in the very form of TorchServe: a comma behind every label, numbers as Java writes them.
 * @param names exact names of the samples to keep (`X_count`, `X_bucket`); families without any are left out. Empty: all,
 *   families that have no samples yet among them.
 */
export function exposition(families: Iterable<Family>, names: readonly string[]): string {
  const wanted = names.length === 0 ? null : new Set(names);
  const lines: string[] = [];
  for (const family of families) {
    const all = family.samples();
    const samples = wanted === null ? all : all.filter(({ name }) => wanted.has(name));
    if (wanted !== null && samples.length === 0) continue;
    const { name, type, help } = family.definition;
    lines.push(`# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`, `# TYPE ${name} ${type}`);
    for (const sample of samples) lines.push(line(sample));
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

function line({ name, labels, value }: Sample): string {
  return `${name}${labels === '' ? '' : `{${labels}}`} ${spelled(value)}`;
}

/** Prometheus spells infinity in its own way. */
function spelled(value: number): string {
  return decimal(value).replace('Infinity', 'Inf').replace(/^Inf/, '+Inf');
}
