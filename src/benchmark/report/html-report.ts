import { Latencies } from '../load/latencies.js';
import type { BenchmarkCase } from '../settings/benchmark-case.js';
import type { Spread } from '../statistics.js';
import { type Chart, chartFigure, type Series } from './chart.js';
import { escapeHtml } from './escape-html.js';
import { type Figures, figuresOf, ratioOf } from './figures.js';
import { numberText, ratioText, spreadText } from './number-text.js';
import { pageStyle } from './page-style.js';
import type { BenchmarkReport, CaseResult, Measurement, ServerResult } from './report.js';
import { throughputCurves } from './throughput-curves.js';

/** The text of report.html: one page with tables and charts that needs no network and no script. */
export function htmlReport(report: BenchmarkReport): string {
  const { cases, machine, started } = report;
  const names = [...new Set(cases.flatMap(({ servers }) => servers.map(titleOf)))];
  const parts = [
    `<h1>Benchmark of ${names.map((name, index) => `<span class="c${index}">${escapeHtml(name)}</span>`).join(' and ')}</h1>`,
    `<p class="meta">${escapeHtml(
      `${started} · ${machine.cores} × ${machine.cpu} · ${numberText(machine.memory / 2 ** 30)} GiB · ${machine.platform} · Node ${machine.node}`,
    )}</p>`,
    warnings(cases),
    summary(cases),
    figures(throughputCurves(cases)),
    ...cases.map(section),
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Benchmark of ${escapeHtml(names.join(' and '))}</title><style>${pageStyle}</style></head>
<body><main>
${parts.filter(Boolean).join('\n')}
</main></body></html>
`;
}

function titleOf({ server, version }: ServerResult): string {
  return version === null ? server : `${server} ${version}`;
}

/** What makes figures less than they seem. */
function warnings(cases: readonly CaseResult[]): string {
  const sentences = cases.flatMap(({ case: one, servers }) =>
    servers.flatMap(({ server, rounds }) => {
      const found: string[] = [];
      const failed = rounds.find(({ load }) => load.failed > 0)?.load;
      if (failed)
        found.push(
          `${one.name} on ${server}: ${failed.failed} requests failed, the first with: ${failed.firstFailure}`,
        );
      const busiest = Math.max(...rounds.map(({ load }) => load.generatorCpu));
      if (busiest > 0.9)
        found.push(
          `${one.name} on ${server}: the load generator used ${numberText(busiest * 100)} % of a core and may be what bounds it.`,
        );
      const latest = Math.max(...rounds.map(({ load }) => load.lateP99));
      if (latest > 10)
        found.push(`${one.name} on ${server}: the load generator sent up to ${numberText(latest)} ms late (p99).`);
      return found;
    }),
  );
  return sentences.length === 0
    ? ''
    : `<ul class="warnings">${sentences.map((text) => `<li>${escapeHtml(text)}</li>`).join('')}</ul>`;
}

const columns: readonly [title: string, figure: (figures: Figures) => Spread, moreIsBetter: boolean][] = [
  ['requests/s', (figures) => figures.perSecond, true],
  ['p50 ms', (figures) => figures.p50, false],
  ['p90 ms', (figures) => figures.p90, false],
  ['p99 ms', (figures) => figures.p99, false],
  ['max ms', (figures) => figures.max, false],
  ['CPU ms a request', (figures) => figures.cpuMsPerRequest, false],
  ['memory MB', (figures) => figures.serverMemoryMb, false],
];

function summary(cases: readonly CaseResult[]): string {
  const heads = ['case', 'server', ...columns.map(([title]) => title), 'errors'];
  const rows = cases.flatMap(({ case: one, servers }) => {
    const all = servers.map(figuresOf);
    const lines = servers.map(({ server }, index) => {
      const figures = all[index] as Figures;
      const cells = columns.map(([, figure]) => `<td>${spreadCell(figure(figures))}</td>`);
      const name =
        index === 0
          ? `<th scope="row" rowspan="${servers.length + (servers.length > 1 ? 1 : 0)}">${escapeHtml(one.name)}</th>`
          : '';
      return `<tr>${name}<td class="server c${index}">${escapeHtml(server)}</td>${cells.join('')}<td>${numberText(figures.errorPercent)} %</td></tr>`;
    });
    const [first, second] = all;
    if (!first || !second) return lines;
    const ratios = columns.map(([, figure, rising]) => {
      const ratio = ratioOf(figure(first), figure(second), rising);
      return `<td class="${ratio >= 1 ? 'better' : 'worse'}">${ratioText(ratio)}</td>`;
    });
    return [...lines, `<tr class="ratio"><td>times better</td>${ratios.join('')}<td></td></tr>`];
  });
  const head = heads.map((title) => `<th scope="col">${title}</th>`).join('');
  return `<div class="table"><table><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

/** The spread goes below, so that the table stays narrow. */
function spreadCell(spread: Spread): string {
  const [, median = '', rest = ''] = /^(\S+) ?(.*)$/.exec(spreadText(spread)) ?? [];
  return rest === '' ? median : `${median}<small>${rest}</small>`;
}

function section({ case: one, servers }: CaseResult): string {
  const histogram: Chart = {
    title: 'Latency: how many requests took how long',
    x: { label: 'milliseconds', log: true },
    y: { label: 'percent of requests' },
    form: 'bars',
    series: each(servers, ({ rounds }) => {
      const latencies = Latencies.of(rounds.map(({ load }) => load.latency));
      const bins = latencies.bins(40);
      const points = bins.map(({ from, count }): [number, number] => [from, (100 * count) / latencies.count]);
      return [...points, [bins.at(-1)?.to ?? Number.NaN, 0]];
    }),
  };
  const percentiles: Chart = {
    title: 'Latency by percentile',
    x: {
      label: 'percentile',
      log: true,
      marks: [
        [1, '0'],
        [2, '50'],
        [10, '90'],
        [100, '99'],
        [1000, '99.9'],
        [10_000, '99.99'],
      ],
    },
    y: { label: 'milliseconds', log: true },
    form: 'line',
    series: each(servers, ({ rounds }) => {
      const latencies = Latencies.of(rounds.map(({ load }) => load.latency));
      const furthest = Math.log10(Math.max(10, latencies.count));
      return Array.from({ length: 80 }, (_, step) => {
        const outside = 10 ** ((furthest * step) / 79);
        return [outside, latencies.at(100 * (1 - 1 / outside))];
      });
    }),
  };
  const over = (
    title: string,
    label: string,
    of: (round: Measurement) => readonly (readonly [number, number])[],
  ): Chart => ({
    title,
    x: { label: 'seconds (last round)' },
    y: { label },
    form: 'line',
    series: each(servers, ({ rounds }) => {
      const last = rounds.at(-1);
      return last ? of(last) : [];
    }),
  });
  return `<section><h2>${escapeHtml(one.name)}</h2><p class="meta">${escapeHtml(described(one))}</p>${figures([
    histogram,
    percentiles,
    // The last second is rarely whole.
    over('Throughput over time', 'answers a second', ({ load }) =>
      load.timeline.slice(0, -1).map((second) => [second.second, second.answered]),
    ),
    over('p99 over time', 'milliseconds', ({ load }) => load.timeline.map((second) => [second.second, second.p99])),
    over('CPU of the server', 'percent of a core', ({ usage }) =>
      usage.samples.map((sample) => [sample.seconds, sample.serverCpuPercent]),
    ),
    over('Memory of the server', 'MB', ({ usage }) =>
      usage.samples.map((sample) => [sample.seconds, sample.serverMemoryMb]),
    ),
    over('GPU', 'percent busy', ({ usage }) => usage.gpus.map((sample, index) => [index, sample.percent])),
  ])}</section>`;
}

function each(servers: readonly ServerResult[], points: (result: ServerResult) => Series['points']): Series[] {
  return servers.map((result, color) => ({ name: result.server, color, points: points(result) }));
}

function figures(charts: readonly Chart[]): string {
  const drawn = charts.map(chartFigure).filter(Boolean);
  return drawn.length === 0 ? '' : `<div class="figures">${drawn.join('')}</div>`;
}

function described(one: BenchmarkCase): string {
  const length = one.extent.requests === null ? `${one.extent.seconds} s` : counted(one.extent.requests, 'request');
  const load = one.rate === null ? 'closed loop' : `open loop, ${numberText(one.rate)} requests/s`;
  const model =
    one.archive === null
      ? ''
      : `${counted(one.workers, 'worker')}, batches of up to ${one.batchSize} within ${one.batchDelayMs} ms, `;
  return `${model}${one.protocol}, ${counted(one.connections, 'connection')}, ${load}, ${length}; ${one.archive ?? one.model} at /${one.path}`;
}

function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}
