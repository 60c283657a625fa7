import { cpus, totalmem } from 'node:os';
import type { Second } from './load/load.js';
import { measureCase } from './measure-case.js';
import type { BenchmarkReport, CaseResult, Measurement } from './report/report.js';
import { type Registration, register, unregister } from './server/management-client.js';
import type { TargetServer } from './server/target-server.js';
import { type BenchmarkCase, registrationOf } from './settings/benchmark-case.js';
import { orderOf } from './statistics.js';

/** Who follows a benchmark. */
export interface Progress {
  /** A measurement begins. */
  begins(one: BenchmarkCase, server: TargetServer, round: number): void;
  /** A second of it is over. */
  second(second: Second): void;
  ends(measurement: Measurement): void;
}

/**
 * Measures every case against every server, in rounds in which the servers take turns. Models are registered when their
 * first case comes and unregistered after their last.
 * @param servers one, or two to compare.
 * @throws StartupError where a server refuses a model.
 */
export async function runBenchmark(
  cases: readonly BenchmarkCase[],
  servers: readonly TargetServer[],
  rounds: number,
  progress: Progress,
  signal?: AbortSignal,
): Promise<BenchmarkReport> {
  const started = new Date().toISOString();
  const results: CaseResult[] = [];
  let registered: BenchmarkCase | null = null;
  try {
    for (const one of cases) {
      if (registered === null || registrationOf(registered) !== registrationOf(one)) {
        await onAll(servers, registered, unregister);
        registered = one;
        await onAll(servers, one, register);
      }
      const measured = new Map(servers.map((server): [TargetServer, Measurement[]] => [server, []]));
      for (let round = 0; round < rounds; round += 1) {
        for (const server of orderOf(round, servers)) {
          progress.begins(one, server, round);
          const measurement = await measureCase(one, server, {
            second: (second) => progress.second(second),
            ...(signal ? { signal } : {}),
          });
          measured.get(server)?.push(measurement);
          progress.ends(measurement);
        }
      }
      results.push({
        case: one,
        servers: servers.map((server) => ({
          server: server.label,
          version: server.version,
          rounds: measured.get(server) ?? [],
        })),
      });
    }
  } finally {
    await onAll(servers, registered, unregister).catch(() => {});
  }
  return { format: 'torchbridge-benchmark-1', started, machine: machine(), cases: results };
}

/** The machine that the benchmark, and most likely the server, runs on. */
export function machine(): BenchmarkReport['machine'] {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memory: totalmem(),
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
  };
}

async function onAll(
  servers: readonly TargetServer[],
  one: BenchmarkCase | null,
  verb: (server: TargetServer, registration: Registration) => Promise<void>,
): Promise<void> {
  if (one === null || one.archive === null) return;
  for (const server of servers) await verb(server, { ...one, archive: one.archive });
}
