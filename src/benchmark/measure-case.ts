import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Load, Second } from './load/load.js';
import { runLoad } from './load/run-load.js';
import type { Measurement, MetricSummary } from './report/report.js';
import { type Usage, UsageSampler } from './sampling/usage-sampler.js';
import { MetricLogs } from './server/metric-logs.js';
import type { TargetServer } from './server/target-server.js';
import type { BenchmarkCase } from './settings/benchmark-case.js';
import { mean, percentile } from './statistics.js';

/** The load of a case against a server, whose model is registered. */
export function loadOf(one: BenchmarkCase, server: TargetServer, bodyFile: string): Load {
  const token = server.tokens.inference;
  const grpc = one.protocol === 'grpc';
  return {
    protocol: one.protocol,
    address: grpc ? server.grpc : `${server.inference}/${one.path}`,
    model: one.model,
    headers: {
      ...(grpc ? {} : { 'content-type': one.contentType }),
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    },
    bodyFile,
    connections: one.connections,
    channels: one.channels,
    rate: one.rate,
    requests: one.extent.requests,
    seconds: one.extent.seconds,
    warmup: one.warmup,
    timeoutSeconds: one.timeoutSeconds,
  };
}

/** Runs a case once against a server, while the machine is sampled and the server's metric logs are followed. */
export async function measureCase(
  one: BenchmarkCase,
  server: TargetServer,
  listener: { second?(second: Second): void; readonly signal?: AbortSignal } = {},
): Promise<Measurement> {
  const folder = mkdtempSync(join(tmpdir(), 'tb-body-'));
  let sampler: UsageSampler | null = null;
  let logs: MetricLogs | null = null;
  try {
    const byte = join(folder, 'body');
    writeFileSync(byte, 'x');
    const load = await runLoad(loadOf(one, server, one.input ?? byte), {
      ...listener,
      measuring: () => {
        logs = new MetricLogs(server.logs);
        sampler = new UsageSampler(server.pid);
      },
    });
    const usage = await (sampler as UsageSampler | null)?.stop();
    sampler = null;
    return { load, usage: usage ?? nothing, logged: summaries(logs) };
  } finally {
    await (sampler as UsageSampler | null)?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const nothing: Usage = { samples: [], serverCpuSeconds: Number.NaN, gpus: [] };

function summaries(logs: MetricLogs | null): Measurement['logged'] {
  const all = [...(logs?.read() ?? [])].map(([metric, values]): [string, MetricSummary] => [
    metric,
    { p50: percentile(values, 50), p90: percentile(values, 90), p99: percentile(values, 99), mean: mean(values) },
  ]);
  return Object.fromEntries(all);
}
