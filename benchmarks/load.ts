import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Latencies } from '../src/benchmark/load/latencies.js';
import type { LoadResult as Recorded } from '../src/benchmark/load/load.js';
import { runLoad as generate } from '../src/benchmark/load/run-load.js';

/** POSTs of one body in a closed loop, or at a fixed rate. */
export interface Load {
  /** Where it is sent; with `model`, `host:port` of a gRPC inference service. */
  readonly url: string;
  /** Makes it calls of `Predictions` of this model; absent: POSTs to the URL. */
  readonly model?: string | undefined;
  readonly connections: number;
  /** Over how many connections calls of gRPC are spread; absent: one each. */
  readonly channels?: number;
  readonly seconds: number;
  /** Runs before the measurement and is not counted. */
  readonly warmupSeconds: number;
  readonly body: string | Buffer;
  /** Requests a second in an open loop; absent: a closed loop. */
  readonly rate?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What came of it. Times are in milliseconds. */
export interface LoadResult extends Omit<Recorded, 'latency' | 'firstByte'> {
  readonly latencies: Latencies;
  readonly p50: number;
  readonly p99: number;
  /** Median time to the first byte of a body. */
  readonly firstByteP50: number;
}

/** Runs a load with the suite's own generator; fails if a request failed. */
export async function runLoad(load: Load): Promise<LoadResult> {
  const result = await tryLoad(load);
  if (result.failed > 0) {
    throw new Error(`${result.failed} requests to ${load.url} failed, the first with ${result.firstFailure}`);
  }
  return result;
}

/** Five seconds of load before anything counts, so that a server's own code is compiled. */
export async function warmUp(door: Pick<Load, 'url' | 'model'>, body: Load['body'] = 'x'): Promise<void> {
  await runLoad({ ...door, connections: 32, seconds: 1, warmupSeconds: 4, body });
}

/** The same as `runLoad`; failures are only counted. */
export async function tryLoad({
  url,
  model,
  connections,
  channels,
  seconds,
  warmupSeconds,
  body,
  rate,
  headers,
}: Load): Promise<LoadResult> {
  const folder = mkdtempSync(join(tmpdir(), 'tb-body-'));
  try {
    const bodyFile = join(folder, 'body');
    writeFileSync(bodyFile, body);
    const { latency, firstByte, ...result } = await generate({
      protocol: model === undefined ? 'http' : 'grpc',
      address: url,
      model: model ?? '',
      headers: { ...(model === undefined && { 'content-type': 'application/octet-stream' }), ...headers },
      bodyFile,
      connections,
      channels,
      rate: rate ?? null,
      requests: null,
      seconds,
      warmup: { requests: null, seconds: warmupSeconds },
      timeoutSeconds: 60,
    });
    const latencies = Latencies.of([latency]);
    const firstBytes = Latencies.of([firstByte]);
    return { ...result, latencies, p50: latencies.at(50), p99: latencies.at(99), firstByteP50: firstBytes.at(50) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
