import type { Extent } from '../load/load.js';
import type { BenchmarkSettings } from './benchmark-settings.js';

/** One measurement: one model with one set of settings under one load. */
export interface BenchmarkCase {
  /** Unique among the cases of a run. */
  readonly name: string;
  /** The archive to register, path or URL; null for a model that is there already. */
  readonly archive: string | null;
  readonly model: string;
  readonly batchSize: number;
  readonly batchDelayMs: number;
  readonly workers: number;
  readonly protocol: 'http' | 'grpc';
  /** Path of the inference API. */
  readonly path: string;
  /** Path of the file that is sent; null for a body of one byte. */
  readonly input: string | null;
  readonly contentType: string;
  readonly connections: number;
  /** Over how many of them gRPC calls are spread; undefined: one each. */
  readonly channels: number | undefined;
  /** Requests a second in an open loop, null for a closed one. */
  readonly rate: number | null;
  readonly extent: Extent;
  readonly warmup: Extent;
  readonly timeoutSeconds: number;
  /** Reports the times that the archive's handler logs of its steps (`handler: {profile: true}` in its yaml). */
  readonly handlerProfiling: boolean;
}

/** What a case asks of the registration of its model: cases that agree share one. */
export function registrationOf({ archive, model, batchSize, batchDelayMs, workers }: BenchmarkCase): string {
  return JSON.stringify([archive, model, batchSize, batchDelayMs, workers]);
}

/**
 * Every combination of the settings' lists. Load varies quickest, so that a model is registered once for all of its loads.
 * @param name `<mode>_<model>` of a model file; the archive's name unless given.
 */
export function casesOf(settings: BenchmarkSettings, name: string | null = null): BenchmarkCase[] {
  const { url = null, workers, batch_size, batch_delay, concurrency, rate } = settings;
  const workflow = url?.endsWith('.war') ?? false;
  const stem =
    name ?? settings.model ?? (url?.split('/').at(-1) ?? 'benchmark').replace(/\.(mar|war|tar\.gz|zip)$/, '');
  const model = settings.model ?? 'benchmark';
  const path = settings.inference_model_url.replace(/^\//, '');
  const cases: BenchmarkCase[] = [];
  for (const workerCount of workers) {
    for (const batchSize of batch_size) {
      for (const batchDelayMs of batch_delay) {
        for (const connections of concurrency) {
          for (const perSecond of rate ?? [null]) {
            cases.push({
              name: [
                stem,
                `w${workerCount}`,
                `b${batchSize}`,
                ...(batch_delay.length > 1 ? [`d${batchDelayMs}`] : []),
                ...(concurrency.length > 1 ? [`c${connections}`] : []),
                ...(rate && rate.length > 1 ? [`r${perSecond}`] : []),
              ].join('_'),
              archive: url,
              model,
              batchSize,
              batchDelayMs,
              workers: workerCount,
              protocol: settings.protocol,
              path: path === 'predictions/benchmark' ? `${workflow ? 'wfpredict' : 'predictions'}/${model}` : path,
              input: settings.input ?? null,
              contentType: settings.content_type,
              connections,
              channels: settings.channels,
              rate: perSecond,
              ...extents(settings, connections),
              timeoutSeconds: settings.timeout,
              handlerProfiling: settings.handler_profiling,
            });
          }
        }
      }
    }
  }
  return cases;
}

/** Without either, 100 requests, as upstream. The warm-up is a tenth, and never fewer requests than connections. */
function extents({ requests, duration, warmup }: BenchmarkSettings, connections: number) {
  const extent: Extent =
    duration === undefined ? { requests: requests ?? 100, seconds: null } : { requests: null, seconds: duration };
  if (warmup !== undefined) return { extent, warmup: { requests: warmup, seconds: null } };
  return extent.requests === null
    ? { extent, warmup: { requests: null, seconds: Math.max(0.5, (extent.seconds ?? 0) / 10) } }
    : { extent, warmup: { requests: Math.max(connections, Math.ceil(extent.requests / 10)), seconds: null } };
}
