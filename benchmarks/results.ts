import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { numberText } from '../src/benchmark/report/number-text.js';
import type { BenchmarkReport } from '../src/benchmark/report/report.js';
import { machine } from '../src/benchmark/run-benchmark.js';
import { projectRoot } from '../test/support/release.js';
import type { Row } from './contest.js';
import { markdownTable } from './table.js';

/** What a scenario came to; benchmarks/results/SCENARIO.json holds it. */
export interface ScenarioResult {
  readonly scenario: string;
  /** ISO 8601, UTC. */
  readonly started: string;
  readonly machine: BenchmarkReport['machine'];
  readonly rounds: number;
  readonly seconds: number;
  readonly rows: readonly Row[];
}

const folder = join(projectRoot, 'benchmarks/results');

/** Writes the result of a scenario; answers the file's path. */
export function keepResult(result: Omit<ScenarioResult, 'machine'>): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${result.scenario}.json`);
  writeFileSync(file, `${JSON.stringify({ ...result, machine: machine() }, null, 2)}\n`);
  return file;
}

/** The kept results of these scenarios; those that have not run are left out. */
export function keptResults(scenarios: readonly string[]): ScenarioResult[] {
  return scenarios
    .map((scenario) => join(folder, `${scenario}.json`))
    .filter(existsSync)
    .map((file) => JSON.parse(readFileSync(file, 'utf8')) as ScenarioResult);
}

/** The versions that figures depend on, as far as they can be found out. */
export function versions(python: string | undefined, referencePython: string | undefined): string {
  const first = (command: string, words: readonly string[]) => {
    try {
      return execFileSync(command, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
    } catch {
      return '';
    }
  };
  const torch = (interpreter: string) =>
    first(interpreter, [
      '-c',
      'import platform, torch; print("Python", platform.python_version() + ", torch", torch.__version__)',
    ]);
  const java = referencePython ? first('sh', ['-c', 'java -version 2>&1']).match(/"([^"]+)"/)?.[1] : undefined;
  return [
    `Node ${process.versions.node}`,
    python ? torch(python) : '',
    referencePython ? `TorchServe 0.12.0 (${torch(referencePython)}, Java ${java ?? 'unknown'})` : '',
  ]
    .filter(Boolean)
    .join('; ');
}

const begin = '<!-- figures: written by npm run bench -- all -->';
const end = '<!-- end of figures -->';

/** Puts the table of all results between the marks of docs/performance.md. */
export function writeFigures(
  results: readonly ScenarioResult[],
  software: string,
  page = join(projectRoot, 'docs/performance.md'),
): void {
  const text = readFileSync(page, 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${page} has no place for the figures: the lines ${begin} and ${end}.`);
  writeFileSync(page, `${text.slice(0, from + begin.length)}\n${figuresText(results, software)}\n${text.slice(to)}`);
}

/** The machine and the table, as Markdown. */
export function figuresText(results: readonly ScenarioResult[], software: string): string {
  const [first] = results;
  if (!first) return 'Not measured yet.';
  const { cores, cpu, memory, platform } = first.machine;
  const effort = [...new Set(results.map(({ rounds, seconds }) => `${rounds} rounds of ${seconds} s`))].join(' or ');
  const head = `${cores} × ${cpu}, ${numberText(memory / 2 ** 30)} GiB, ${platform}. ${software}. Median of ${effort} in turns (least–most).`;
  return `${head}\n\n${markdownTable(results.flatMap(({ rows }) => rows))}`;
}
