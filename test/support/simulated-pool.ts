import type { AutoscaleSettings } from '../../src/config/autoscale.js';
import { decide } from '../../src/scaling/decide.js';
import { LoadHistory } from '../../src/scaling/load-history.js';
import { Pace } from '../../src/scaling/pace.js';
import { randomOf } from './random.js';

/** What is simulated: a pool of workers whose handler takes as long every time, on a clock of its own. */
export interface SimulatedPool {
  readonly settings: AutoscaleSettings;
  readonly min: number;
  readonly max: number;
  /** Milliseconds of one batch, of one request. */
  readonly serviceMs: number;
  /** From the order for a worker to its first batch. */
  readonly startMs: number;
  readonly seconds: number;
  /** Requests a second, at a second. */
  readonly rate: (second: number) => number;
  readonly seed: number;
}

/** What came of it. */
export interface SimulatedRun {
  /** When the number of workers was changed, and to what. */
  readonly changes: readonly { readonly second: number; readonly workers: number; readonly reason: string }[];
  /** Milliseconds from arrival to answer, sorted. */
  readonly latencies: readonly number[];
  readonly workerSeconds: number;
}

const tickMs = 100;
const stepMs = 5;

interface SimulatedWorker {
  readyAt: number;
  /** End of the batch in hand; 0: idle. */
  until: number;
  stopping: boolean;
}

/** Runs the decision, tick by tick, against a queue and workers made of numbers: minutes in milliseconds. */
export function simulate(pool: SimulatedPool): SimulatedRun {
  const random = randomOf(pool.seed);
  const history = new LoadHistory();
  const pace = new Pace();
  let workers: SimulatedWorker[] = Array.from({ length: pool.min }, () => ({ readyAt: 0, until: 0, stopping: false }));
  const leaving: SimulatedWorker[] = [];
  const queue: number[] = [];
  const latencies: number[] = [];
  const changes: { second: number; workers: number; reason: string }[] = [];
  let admitted = 0;
  let finished = 0;
  let busyMs = 0;
  let workerMs = 0;
  let lastUsed = 0;
  for (let now = 0; now < pool.seconds * 1000 || queue.length > 0; now += stepMs) {
    const arriving = now < pool.seconds * 1000 ? poisson((pool.rate(now / 1000) * stepMs) / 1000, random) : 0;
    for (let index = 0; index < arriving; index += 1) queue.push(now);
    admitted += arriving;
    for (const worker of [...workers, ...leaving]) {
      if (worker.until > 0 && worker.until <= now) {
        worker.until = 0;
        finished += 1;
      }
      if (worker.until === 0 && worker.readyAt <= now && !worker.stopping) {
        const arrivedAt = queue.shift();
        if (arrivedAt !== undefined) {
          worker.until = now + pool.serviceMs;
          latencies.push(worker.until - arrivedAt);
        }
      }
      if (worker.until > 0) busyMs += stepMs;
    }
    workerMs += stepMs * (workers.length + leaving.filter(({ until }) => until > now).length);
    if (queue.length > 0 || workers.some(({ until }) => until > 0)) lastUsed = now;
    if (now % tickMs !== 0) continue;
    const idle = workers.some(({ readyAt, until }) => readyAt <= now && until === 0);
    const load = history.load({
      now,
      workers: workers.length,
      ready: workers.filter(({ readyAt }) => readyAt <= now).length,
      queued: idle ? 0 : queue.length,
      oldestWaitMs: idle || queue.length === 0 ? 0 : now - (queue[0] as number),
      batchSize: 1,
      admitted,
      finished,
      busyMs,
      idleMs: now - lastUsed,
    });
    const wish = decide(load, pool.settings);
    const bounded = { ...wish, workers: Math.min(pool.max, Math.max(pool.min, wish.workers)) };
    const target = pace.step(now, workers.length, bounded, pool.settings);
    if (target === workers.length) continue;
    changes.push({ second: now / 1000, workers: target, reason: wish.reason });
    while (workers.length < target) workers.push({ readyAt: now + pool.startMs, until: 0, stopping: false });
    for (const worker of workers.slice(target)) leaving.push(Object.assign(worker, { stopping: true }));
    workers = workers.slice(0, target);
  }
  return { changes, latencies: latencies.sort((a, b) => a - b), workerSeconds: workerMs / 1000 };
}

function poisson(mean: number, random: () => number): number {
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random(); product > limit; product *= random()) count += 1;
  return count;
}
