import { tmpdir } from 'node:os';
import type { BenchmarkReport } from '../benchmark/report/report.js';
import { besideEarlier, readReport, writeReports } from '../benchmark/report/write-reports.js';
import { runBenchmark } from '../benchmark/run-benchmark.js';
import { findRunningServer } from '../benchmark/server/running-server.js';
import { ownServer, torchServe } from '../benchmark/server/server-command.js';
import { StartedServer } from '../benchmark/server/started-server.js';
import type { TargetServer } from '../benchmark/server/target-server.js';
import { type BenchmarkCase, casesOf } from '../benchmark/settings/benchmark-case.js';
import { type BenchmarkSettings, readSettings } from '../benchmark/settings/benchmark-settings.js';
import { type NamedSettings, readSettingsFile } from '../benchmark/settings/settings-file.js';
import { StartupError } from '../errors/startup-error.js';
import { ParserExit, type Terminal } from './archiver/argument-parser.js';
import { BenchmarkProgress, printSummary } from './benchmark-progress.js';
import { parseBenchmarkWords } from './benchmark-words.js';

/**
 * `torchserve-benchmark`.
 * @param words - The command line without the command.
 * @returns The exit code: 0, 1 where something could not be measured or requests failed, 2 for words that make no sense,
 * 130 after Ctrl-C.
 */
export async function benchmark(
  words: readonly string[],
  terminal: Terminal = { out: process.stdout, err: process.stderr },
): Promise<number> {
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort();
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  const servers: TargetServer[] = [];
  try {
    const { file, values } = parseBenchmarkWords(words, terminal);
    const plan = plannedBy(file === null ? [{ name: null, values: {}, file: null }] : readSettingsFile(file), values);
    for (const note of plan.notes) terminal.err.write(`${note}\n`);
    const { settings } = plan;
    const earlier = settings.against?.endsWith('.json') ? readReport(settings.against) : null;
    const targets = [settings.server, ...(settings.against && !earlier ? [settings.against] : [])];
    for (const target of targets) {
      servers.push(await openServer(target, settings, terminal));
      interrupted.signal.throwIfAborted();
    }
    const progress = new BenchmarkProgress(terminal, plan.cases.length * servers.length * settings.rounds);
    const report = await runBenchmark(plan.cases, servers, settings.rounds, progress, interrupted.signal);
    return finish(earlier ? { ...report, cases: besideEarlier(report.cases, earlier) } : report, settings, terminal);
  } catch (error) {
    if (error instanceof ParserExit) return error.exitCode;
    if (interrupted.signal.aborted) return 130;
    if (!(error instanceof StartupError)) throw error;
    terminal.err.write(`${error.message}\n`);
    return error.exitCode;
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    for (const server of servers) await server.close();
  }
}

interface Plan {
  /** Of the first model; what concerns all of a run is taken from here. */
  readonly settings: BenchmarkSettings;
  readonly cases: readonly BenchmarkCase[];
  readonly notes: readonly string[];
}

/** Flags win over the file. */
function plannedBy(files: readonly NamedSettings[], flags: Readonly<Record<string, unknown>>): Plan {
  const read = files.map((file) => ({ ...readSettings([{ values: flags, file: null }, file]), name: file.name }));
  const [first] = read;
  if (!first) throw new StartupError('The file of settings names no model.');
  return {
    settings: first.settings,
    cases: read.flatMap(({ settings, name }) => casesOf(settings, name)),
    notes: [...new Set(read.flatMap(({ notes }) => notes))],
  };
}

async function openServer(target: string, settings: BenchmarkSettings, terminal: Terminal): Promise<TargetServer> {
  if (/^https?:\/\//.test(target)) {
    // Further addresses are those of the server that is measured, not of the one it is compared with.
    const own = target === settings.server ? settings : undefined;
    const { management, grpc, pid, key_file: keyFile } = own ?? {};
    return await findRunningServer(target, { management, grpc, pid, keyFile });
  }
  if (target !== 'torchbridge' && target !== 'torchserve') {
    throw new StartupError(
      `${JSON.stringify(target)} is no server to measure: give an address (http://…), torchbridge or torchserve; --against also takes the results.json of an earlier run.`,
    );
  }
  const command = target === 'torchbridge' ? ownServer() : torchServe(settings.torchserve);
  terminal.err.write(`starting ${command.label}\n`);
  return await StartedServer.start(command, { configFile: settings.config_properties, folder: settings.tmp_dir });
}

function finish(report: BenchmarkReport, settings: BenchmarkSettings, terminal: Terminal): number {
  const paths = writeReports(report, settings.report_location ?? tmpdir());
  printSummary(report, terminal);
  terminal.out.write(`\n${paths.join('\n')}\n`);
  const failed = report.cases.some(({ servers }) =>
    servers.some(({ rounds }) => rounds.some(({ load }) => load.failed > 0)),
  );
  return failed ? 1 : 0;
}
