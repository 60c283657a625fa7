import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** A closed loop: every connection sends its next request when the one before is answered. */
export interface Load {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  /** Runs before the measurement and is not counted. */
  readonly warmupSeconds: number;
  readonly body: string;
}

/** What came of it. Times are in milliseconds; `failed` counts answers other than 200. */
export interface LoadResult {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly failed: number;
}

/** Runs a load in a process of its own, so that it shares no event loop with anything; fails if a request failed. */
export function runLoad(load: Load): Promise<LoadResult> {
  const script = join(import.meta.dirname, 'load-generator.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', script, JSON.stringify(load)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    printed += text;
  });
  return new Promise((done, failed) => {
    child.once('error', failed);
    child.once('close', (status) => {
      if (status !== 0) return failed(new Error(`the load generator ended with ${status}`));
      const result: LoadResult = JSON.parse(printed);
      if (result.failed > 0) return failed(new Error(`${result.failed} requests to ${load.url} failed`));
      done(result);
    });
  });
}
