import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { closedLoop } from '../../../src/benchmark/load/closed-loop.js';
import type { Outcome, Sender } from '../../../src/benchmark/load/load.js';
import { openLoop } from '../../../src/benchmark/load/open-loop.js';

const answered: Outcome = { ok: true, status: '200', firstByte: Number.NaN, pieces: 1, bytes: 2, text: '' };

/** Answers after what `delays` says for the request's number, and notes when each was sent. */
function server(delays: (number: number) => number) {
  const sends: number[] = [];
  const sender = (): Sender => ({
    send(ended) {
      sends.push(performance.now());
      setTimeout(() => ended(answered), delays(sends.length - 1));
    },
    close() {},
  });
  return { sends, sender };
}

/** Latencies as an observer gets them, in milliseconds. */
function listener() {
  const latencies: number[] = [];
  const statuses: string[] = [];
  const late: number[] = [];
  return {
    latencies,
    statuses,
    lateness: late,
    ended: (since: number, outcome: Outcome) => {
      latencies.push(performance.now() - since);
      statuses.push(outcome.status);
    },
    late: (milliseconds: number) => void late.push(milliseconds),
  };
}

// This clock knows only whole milliseconds: a look that is taken soon is taken after one, and nobody really sleeps.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  vi.stubGlobal('setImmediate', (look: () => void) => setTimeout(look, 1));
  vi.stubGlobal('clearImmediate', (look: NodeJS.Timeout) => clearTimeout(look));
  vi.spyOn(Atomics, 'wait').mockReturnValue('timed-out');
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

test('an open loop sends at its rate whatever the answers do', async () => {
  const begin = performance.now();
  const { sends, sender } = server(() => 35);
  const heard = listener();
  const run = openLoop(
    Array.from({ length: 10 }, sender),
    { requests: null, seconds: 0.2 },
    { rate: 100, timeoutSeconds: 60 },
    heard,
  );
  await vi.runAllTimersAsync();
  await run;
  expect(sends.map((at) => at - begin)).toEqual(Array.from({ length: 20 }, (_, index) => index * 10));
  expect(heard.latencies).toEqual(Array.from({ length: 20 }, () => 35));
});

test('a stall is charged to every request that should have been sent meanwhile', async () => {
  // one connection, a request every 10 ms; the first takes 100 ms, the others 1 ms
  const { sender } = server((number) => (number === 0 ? 100 : 1));
  const heard = listener();
  const run = openLoop([sender()], { requests: 12, seconds: null }, { rate: 100, timeoutSeconds: 60 }, heard);
  await vi.runAllTimersAsync();
  await run;
  // the second should have gone at 10 and went at 100: answered at 101, 91 ms after it should have been sent
  expect(heard.latencies).toEqual([100, 91, 82, 73, 64, 55, 46, 37, 28, 19, 10, 1]);
});

test('a closed loop hides the same stall, which is why there is an open one', async () => {
  const { sender } = server((number) => (number === 0 ? 100 : 1));
  const heard = listener();
  const run = closedLoop([sender()], { requests: 12, seconds: null }, heard);
  await vi.runAllTimersAsync();
  await run;
  expect(heard.latencies).toEqual([100, ...Array.from({ length: 11 }, () => 1)]);
});

test('requests that find no connection in time are timeouts, and the loop ends', async () => {
  const { sends, sender } = server(() => 4000);
  const heard = listener();
  const run = openLoop([sender()], { requests: 10, seconds: null }, { rate: 10, timeoutSeconds: 2 }, heard);
  await vi.runAllTimersAsync();
  await run;
  expect(sends).toHaveLength(1);
  expect(heard.statuses.toSorted()).toEqual(['200', ...Array.from({ length: 9 }, () => 'timeout')]);
});

test('a rate above a thousand a second goes out in groups, a millisecond apart', async () => {
  const begin = performance.now();
  const { sends, sender } = server(() => 0.5);
  const heard = listener();
  const run = openLoop(
    Array.from({ length: 8 }, sender),
    { requests: 12, seconds: null },
    { rate: 4000, timeoutSeconds: 60 },
    heard,
  );
  await vi.runAllTimersAsync();
  await run;
  expect(sends.map((at) => at - begin)).toEqual([0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3]);
});

test('a closed loop keeps every connection busy until the time is over, and waits for the last answers', async () => {
  const { sends, sender } = server(() => 30);
  const heard = listener();
  const run = closedLoop([sender(), sender()], { requests: null, seconds: 0.1 }, heard);
  await vi.runAllTimersAsync();
  await run;
  expect(sends).toHaveLength(8);
  expect(heard.latencies).toHaveLength(8);
});
