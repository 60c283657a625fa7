import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { StartupError } from '../../errors/startup-error.js';
import { csvReport } from './csv-report.js';
import { htmlReport } from './html-report.js';
import type { BenchmarkReport, CaseResult } from './report.js';

/**
 * Writes `ab_report.csv`, `results.json` and `report.html` into the folder `benchmark` of `location`, and
 * `ab_report_against.csv` where there is a second server.
 * @returns The paths.
 */
export function writeReports(report: BenchmarkReport, location: string): string[] {
  const folder = join(resolve(location), 'benchmark');
  mkdirSync(folder, { recursive: true });
  const compared = report.cases.some(({ servers }) => servers.length > 1);
  const files: [name: string, text: string][] = [
    ['ab_report.csv', csvReport(report.cases, 0)],
    ...(compared ? [['ab_report_against.csv', csvReport(report.cases, 1)] satisfies [string, string]] : []),
    ['results.json', `${JSON.stringify(report, null, 1)}\n`],
    ['report.html', htmlReport(report)],
  ];
  return files.map(([name, text]) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  });
}

/**
 * Reads the results of an earlier run.
 * @throws StartupError where the file is not one.
 */
export function readReport(file: string): BenchmarkReport {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'), numbersBack);
  } catch (error) {
    throw new StartupError(
      `${file} cannot be read as the results of an earlier run: ${error instanceof Error ? error.message : error}.`,
    );
  }
  const report = content as Partial<BenchmarkReport> | null;
  if (report?.format !== 'torchbridge-benchmark-1' || !Array.isArray(report.cases)) {
    throw new StartupError(`${file} is not the results.json of an earlier run.`);
  }
  return report as BenchmarkReport;
}

/** What JSON writes for NaN, in places of numbers that can be missing. */
function numbersBack(key: string, value: unknown): unknown {
  return value === null && /^(server|host|p50|p90|p99|mean|memory|percent|lateP99)/.test(key) ? Number.NaN : value;
}

/** Puts the servers of an earlier run beside those of a new one, case by case, matched by name. */
export function besideEarlier(cases: readonly CaseResult[], earlier: BenchmarkReport): CaseResult[] {
  return cases.map((result) => {
    const [before] = earlier.cases.find(({ case: one }) => one.name === result.case.name)?.servers ?? [];
    if (!before) return result;
    return {
      ...result,
      servers: [...result.servers, { ...before, server: `${before.server} (${earlier.started.slice(0, 16)})` }],
    };
  });
}
