import { type Course, summary, type TraceRun } from './course.js';

const width = 860;
const height = 150;
const margin = 48;
const colours = ['#c2410c', '#0f766e', '#64748b'];

/** A page with the curves of each trace: what came, how many workers there were, and how long callers waited. */
export function page(runs: readonly TraceRun[], mostPerSecond: number): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Autoscaling under load</title>
<style>body{font:14px system-ui;margin:2em;max-width:${width + 60}px}svg{display:block}text{font:11px system-ui;fill:#475569}
table{border-collapse:collapse;margin:.5em 0 2em}td,th{padding:.2em .8em;border-bottom:1px solid #e2e8f0;text-align:right}td:first-child,th:first-child{text-align:left}</style>
</head><body><h1>Autoscaling under load</h1>
${runs.map((run) => section(run, mostPerSecond)).join('\n')}
</body></html>
`;
}

function section(run: TraceRun, mostPerSecond: number): string {
  const { seconds } = run;
  const buckets = Math.ceil(seconds);
  const came = new Array<number>(buckets).fill(0);
  for (const time of run.times) came[Math.floor(time / 1000)] = (came[Math.floor(time / 1000)] ?? 0) + 1;
  const load = came.map((count, second) => [second + 0.5, count] as const);
  const latencies = run.courses.map((course) => slowest(course, run));
  const longest = Math.max(...latencies.slice(0, 2).flatMap((line) => line.map(([, value]) => value)), 200);
  const workers = run.courses.map(({ workers }) => workers.map(({ second, count }) => [second, count] as const));
  const mostWorkers = Math.max(...workers.flatMap((line) => line.map(([, count]) => count)));
  return `<h2>${run.trace.name}</h2>
${chart('requests a second', seconds, mostPerSecond * 1.3, [load], false, ['#94a3b8'])}
${chart('workers', seconds, mostWorkers + 1, workers, true, colours)}
${chart('p99 of each two seconds, ms', seconds, longest * 1.05, latencies, false, colours)}
<table><tr><th></th><th>p50 ms</th><th>p99 ms</th><th>errors</th><th>worker-seconds</th></tr>
${run.courses.map((course, index) => row(course, colours[index] as string)).join('\n')}</table>`;
}

function row(course: Course, colour: string): string {
  const { p50, p99, errors } = summary(course.replayed);
  const cells = [p50.toFixed(0), p99.toFixed(0), errors, course.workerSeconds.toFixed(0)];
  return `<tr><td style="color:${colour}">${course.model}</td>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
}

/** The p99 of what was sent in each two seconds, at their middle. */
function slowest({ replayed }: Course, { times, seconds }: TraceRun): (readonly [number, number])[] {
  const line: (readonly [number, number])[] = [];
  for (let from = 0; from < seconds; from += 2) {
    const sent = replayed.latencies
      .filter((_, index) => (times[index] as number) >= from * 1000 && (times[index] as number) < (from + 2) * 1000)
      .sort((one, other) => one - other);
    const value = sent[Math.floor(sent.length * 0.99)];
    if (value !== undefined) line.push([from + 1, value]);
  }
  return line;
}

function chart(
  title: string,
  seconds: number,
  top: number,
  lines: readonly (readonly (readonly [number, number])[])[],
  stepped: boolean,
  strokes: readonly string[],
): string {
  const x = (second: number) => (margin + (second / seconds) * (width - margin)).toFixed(1);
  const y = (value: number) => (height - 18 - (Math.min(value, top) / top) * (height - 30)).toFixed(1);
  const paths = lines.map((points, index) => {
    const d = points
      .map(([second, value], at) => {
        if (at === 0) return `M${x(second)} ${y(value)}`;
        return stepped ? `H${x(second)}V${y(value)}` : `L${x(second)} ${y(value)}`;
      })
      .join('');
    return `<path d="${d}" fill="none" stroke="${strokes[index]}" stroke-width="${index === 0 ? 2 : 1.2}"/>`;
  });
  const marks = [0, top / 2, top].map(
    (value) =>
      `<text x="${margin - 6}" y="${y(value)}" text-anchor="end">${Math.round(value)}</text><path d="M${margin} ${y(value)}H${width}" stroke="#e2e8f0"/>`,
  );
  const times = Array.from({ length: 7 }, (_, index) => (seconds / 6) * index).map(
    (second) => `<text x="${x(second)}" y="${height - 3}" text-anchor="middle">${Math.round(second)} s</text>`,
  );
  return `<svg width="${width + 20}" height="${height}" role="img" aria-label="${title}">${marks.join('')}${paths.reverse().join('')}${times.join('')}<text x="${margin + 6}" y="12" style="font-weight:600">${title}</text></svg>`;
}
