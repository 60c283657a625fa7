/** The load's own process: sends requests at given times to several urls alike, prints what came of each as JSON. */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'undici';

/** What it takes, as JSON on its standard input. */
export interface Replay {
  readonly urls: readonly string[];
  /** Milliseconds from the start. */
  readonly times: readonly number[];
}

/** What came of the requests to one url, in the order of their times. */
export interface Replayed {
  /** Milliseconds to the answer. */
  readonly latencies: readonly number[];
  /** 0 where the connection broke. */
  readonly statuses: readonly number[];
}

if (process.argv[1] === import.meta.filename) console.log(JSON.stringify(await replay()));

async function replay(): Promise<Replayed[]> {
  const { urls, times }: Replay = JSON.parse(readFileSync(0, 'utf8'));
  const dispatcher = new Agent({ pipelining: 1, headersTimeout: 0, bodyTimeout: 0 });
  const results = urls.map(() => ({ latencies: [] as number[], statuses: [] as number[] }));
  const began = performance.now();
  const sent: Promise<void>[] = [];
  for (const [index, time] of times.entries()) {
    const wait = began + time - performance.now();
    if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait));
    for (const [which, url] of urls.entries()) {
      const { latencies, statuses } = results[which] as (typeof results)[number];
      const begin = performance.now();
      sent.push(
        request(url, { method: 'POST', body: 'x', dispatcher })
          .then(async ({ statusCode, body }) => {
            await body.dump();
            return statusCode;
          })
          .catch(() => 0)
          .then((status) => {
            statuses[index] = status;
            latencies[index] = performance.now() - begin;
          }),
      );
    }
  }
  await Promise.all(sent);
  return results;
}
