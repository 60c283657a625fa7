import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Load, LoadResult, Second } from './load.js';

/** What the generator tells. */
export type GeneratorMessage =
  | { readonly kind: 'measuring' }
  | { readonly kind: 'second'; readonly second: Second }
  | { readonly kind: 'result'; readonly result: LoadResult };

/** Who follows a load while it runs. */
export interface LoadListener {
  /** The warm-up is over. */
  measuring?(): void;
  /** A second of what counts is over. */
  second?(second: Second): void;
  /** Ends the load; then the call fails with its reason. */
  readonly signal?: AbortSignal;
}

/**
 * Room for the garbage of some seconds at a fixed rate: what the generator stops for counts as latency of the server. With it the p99 of
 * 720 requests/s was a sixth lower (docs/benchmarking.md). A closed loop makes garbage so fast that the room would only cost memory.
 */
const roomy = ['--max-semi-space-size=64', '--min-semi-space-size=64'];

/**
 * Runs a load in a process of its own, so that it shares no event loop with anything. Requests that fail are counted in
 * the result.
 * @throws Error where the generator itself fails or is ended.
 */
export function runLoad(load: Load, listener: LoadListener = {}): Promise<LoadResult> {
  // Beside this file, in the same form: built, or TypeScript under a loader that the child inherits.
  const script = new URL(
    import.meta.url.endsWith('.ts') ? './generator-process.ts' : './generator-process.js',
    import.meta.url,
  );
  const execArgv = load.rate === null ? process.execArgv : [...process.execArgv, ...roomy];
  const child = fork(fileURLToPath(script), { serialization: 'advanced', execArgv });
  const kill = () => child.kill('SIGKILL');
  listener.signal?.addEventListener('abort', kill, { once: true });
  let result: LoadResult | null = null;
  child.on('message', (message: GeneratorMessage) => {
    if (message.kind === 'measuring') listener.measuring?.();
    else if (message.kind === 'second') listener.second?.(message.second);
    else result = message.result;
  });
  child.send(load);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      listener.signal?.removeEventListener('abort', kill);
      if (result) resolve(result);
      else reject(new Error(`The load generator ended with ${signal ?? `status ${code}`} before it had a result.`));
    });
  });
}
