import { isatty } from 'node:tty';
import { Latencies } from '../benchmark/load/latencies.js';
import type { Second } from '../benchmark/load/load.js';
import { figuresOf, ratioOf } from '../benchmark/report/figures.js';
import { numberText, ratioText, spreadText } from '../benchmark/report/number-text.js';
import type { BenchmarkReport, Measurement } from '../benchmark/report/report.js';
import type { Progress } from '../benchmark/run-benchmark.js';
import type { TargetServer } from '../benchmark/server/target-server.js';
import type { BenchmarkCase } from '../benchmark/settings/benchmark-case.js';
import type { Terminal } from './archiver/argument-parser.js';

/** Tells on standard error how a benchmark goes: a line a measurement, and on a terminal one that changes every second. */
export class BenchmarkProgress implements Progress {
  readonly #terminal: Terminal;
  readonly #total: number;
  readonly #live: boolean;
  #number = 0;
  #title = '';

  /** @param total measurements to come. */
  constructor(terminal: Terminal, total: number, live = terminal.err === process.stderr && isatty(2)) {
    this.#terminal = terminal;
    this.#total = total;
    this.#live = live;
  }

  begins(one: BenchmarkCase, server: TargetServer, round: number): void {
    this.#number += 1;
    this.#title = `[${this.#number}/${this.#total}] ${one.name} on ${server.label}${round > 0 ? `, round ${round + 1}` : ''}`;
    if (this.#live) this.#line(`${this.#title}: warming up`);
  }

  second({ second, answered, failed, p99 }: Second): void {
    const errors = failed > 0 ? `, ${failed} failed` : '';
    if (this.#live)
      this.#line(`${this.#title}: ${second + 1} s, ${numberText(answered)} req/s, p99 ${numberText(p99)} ms${errors}`);
  }

  ends({ load }: Measurement): void {
    const latencies = Latencies.of([load.latency]);
    const errors = load.failed > 0 ? `, ${load.failed} FAILED (${load.firstFailure})` : '';
    this.#line(
      `${this.#title}: ${numberText(load.perSecond)} req/s, p50 ${numberText(latencies.at(50))} ms, p99 ${numberText(latencies.at(99))} ms${errors}`,
    );
    if (this.#live) this.#terminal.err.write('\n');
  }

  #line(text: string): void {
    this.#terminal.err.write(this.#live ? `\r\x1b[2K${text}` : `${text}\n`);
  }
}

/** Prints the figures of all cases, and where two servers were measured how many times better the first is. */
export function printSummary(report: BenchmarkReport, terminal: Terminal): void {
  for (const { case: one, servers } of report.cases) {
    terminal.out.write(`\n${one.name}\n`);
    const all = servers.map((server) => ({ server, figures: figuresOf(server) }));
    for (const { server, figures } of all) {
      const parts = [
        `${spreadText(figures.perSecond)} req/s`,
        `p50 ${spreadText(figures.p50)} ms`,
        `p99 ${spreadText(figures.p99)} ms`,
        `errors ${numberText(figures.errorPercent)} %`,
        `memory ${spreadText(figures.serverMemoryMb)} MB`,
      ];
      terminal.out.write(`  ${server.server}: ${parts.join(', ')}\n`);
    }
    const [first, second] = all;
    if (first && second) {
      const ratio = (of: 'perSecond' | 'p50' | 'p99') =>
        ratioText(ratioOf(first.figures[of], second.figures[of], of === 'perSecond'));
      terminal.out.write(`  times better: ${ratio('perSecond')} req/s, ${ratio('p50')} p50, ${ratio('p99')} p99\n`);
    }
  }
}
