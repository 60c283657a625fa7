/** The load's own process: takes a Load as JSON, prints a LoadResult as JSON. */
import { Client, type Dispatcher } from 'undici';
import type { Load, LoadResult } from './load.js';

const load: Load = JSON.parse(process.argv[2] ?? '{}');
const { origin, pathname, search } = new URL(load.url);
const request: Dispatcher.DispatchOptions = {
  path: pathname + search,
  method: 'POST',
  headers: { 'content-type': 'application/octet-stream' },
  body: load.body,
};

const times: number[] = [];
let failed = 0;
const begin = performance.now() + load.warmupSeconds * 1000;
const end = begin + load.seconds * 1000;

/** One connection's loop, on dispatch, undici's leanest interface. */
function connection(): Promise<void> {
  const client = new Client(origin, { pipelining: 1 });
  return new Promise((done) => {
    let sent = 0;
    const next = (): void => {
      const now = performance.now();
      if (now >= end) {
        client.close().then(done);
        return;
      }
      sent = now;
      let status = 0;
      client.dispatch(request, {
        onRequestStart() {},
        onResponseStart(_controller, statusCode) {
          status = statusCode;
        },
        onResponseData() {},
        onResponseEnd() {
          answered(sent, status);
          next();
        },
        onResponseError() {
          answered(sent, 0);
          next();
        },
      });
    };
    next();
  });
}

function answered(sent: number, status: number): void {
  if (sent < begin) return;
  if (status !== 200) failed += 1;
  times.push(performance.now() - sent);
}

await Promise.all(Array.from({ length: load.connections }, connection));
const sorted = Float64Array.from(times).sort();
const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
const result: LoadResult = { perSecond: times.length / load.seconds, p50: at(0.5), p99: at(0.99), failed };
console.log(JSON.stringify(result));
