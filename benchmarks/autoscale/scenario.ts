import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packArchive } from '../../test/support/archive.js';
import { projectRoot } from '../../test/support/release.js';
import type { ServerPlace } from '../../test/support/server.js';
import { type Contest, Ledger, manage, type Row, withPlaces } from '../contest.js';
import { type Course, summary, type TraceRun } from './course.js';
import { page } from './page.js';
import type { Replay, Replayed } from './replay.js';
import { arrivals, type Trace, traces } from './trace.js';

const least = 1;
const most = 8;
/** What the handler waits for each request. */
const serviceMs = 100;
const mostPerSecond = (most * 1000) / serviceMs;
/** Seconds of one trace for each second of `--seconds`. */
const stretch = 40;

/** The contestants: models with the same handler on one server, which are sent the same requests at the same time. */
const models = [
  { name: 'autoscale', min: least, max: most, autoscale: true },
  { name: `fixed at ${most}`, min: most, max: most, autoscale: false },
  { name: `fixed at ${least}`, min: least, max: least, autoscale: false },
] as const;

/**
 * Workers that follow the load beside fixed numbers of them, under loads that change with time; and the first request to
 * a model that sleeps. The curves go to benchmarks/results/autoscale.html.
 */
export async function autoscale({ releases, rounds, seconds, log }: Contest): Promise<Row[]> {
  const ledger = new Ledger();
  const runs: TraceRun[] = [];
  await withPlaces(releases, async ([ours, ...others]) => {
    if (!ours) return;
    await prepare(ours);
    for (let round = 0; round < rounds; round += 1) {
      for (const trace of traces) {
        log(`round ${round + 1} of ${rounds}: ${trace.name}, ${seconds * stretch} s`);
        const run = await runTrace(ours, trace, seconds * stretch);
        runs.push(run);
        for (const course of run.courses) enter(ledger, trace, course, run);
      }
    }
    for (const place of others) await prepare(place);
    for (let round = 0; round < 10; round += 1) {
      for (const place of [ours, ...others]) {
        const { status, elapsedMs } = await firstRequest(place);
        log(`${place.release.name}: the first request to a model without workers is answered ${status}`);
        ledger.add(`first request to a sleeping model, answered ${status}`, 'ms', false, place.release, elapsedMs);
      }
    }
  });
  const folder = join(projectRoot, 'benchmarks/results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'autoscale.html'), page(runs.slice(0, traces.length), mostPerSecond));
  return ledger.rows();
}

async function prepare(place: ServerPlace): Promise<void> {
  const handlers = join(import.meta.dirname, '../handlers');
  const configFile = join(place.folder, 'model-config.yaml');
  writeFileSync(configFile, `jobQueueSize: ${5 * mostPerSecond}\nmaxWorkers: ${most}\n`);
  await packArchive(place.store, { name: 'wait', handler: join(handlers, 'wait.py'), configFile }, place.release);
  await packArchive(place.store, { name: 'ok', handler: join(handlers, 'ok.py') }, place.release);
  await place.start();
  // So that the nursery is warm.
  await manage(place, 'POST', '/models?url=ok.mar&model_name=warm&initial_workers=1&synchronous=true');
  const demand = place.release.name === 'torchbridge' ? '&autoscale=true' : '';
  await manage(place, 'POST', `/models?url=ok.mar&initial_workers=0${demand}`);
}

async function runTrace(place: ServerPlace, trace: Trace, seconds: number): Promise<TraceRun> {
  // New ones for each trace: what autoscaling learned from the last one is forgotten.
  for (const { name, min, max, autoscale } of models) {
    await manage(place, 'POST', `/models?url=wait.mar&model_name=${slug(name)}&autoscale=${autoscale}`);
    await manage(place, 'PUT', `/models/${slug(name)}?min_worker=${min}&max_worker=${max}&synchronous=true`);
  }
  const times = arrivals(trace, seconds, mostPerSecond);
  const urls = models.map(({ name }) => `${place.inference}/predictions/${slug(name)}`);
  const samples = models.map(() => [] as { second: number; count: number }[]);
  const began = performance.now();
  const replaying = replay({ urls, times });
  let over = false;
  const watching = (async () => {
    while (!over) {
      for (const [index, { name }] of models.entries()) {
        const second = (performance.now() - began) / 1000;
        samples[index]?.push({ second, count: await workersOf(place, slug(name)) });
      }
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
  })();
  const replayed = await replaying.finally(() => {
    over = true;
  });
  await watching;
  for (const { name } of models) await manage(place, 'DELETE', `/models/${slug(name)}`);
  const courses = models.map(({ name }, index) => {
    const workers = (samples[index] ?? []).filter(({ second }) => second <= seconds);
    return {
      model: name,
      replayed: replayed[index] as Replayed,
      workers,
      workerSeconds: integral(workers, seconds),
      changesPerMinute: changes(workers, seconds),
    };
  });
  return { trace, seconds, times, courses };
}

function enter(ledger: Ledger, { name }: Trace, course: Course, { courses }: TraceRun): void {
  const column = { name: course.model };
  const { p50, p99, errors } = summary(course.replayed);
  ledger.add(`${name}, p50`, 'ms', false, column, p50);
  ledger.add(`${name}, p99`, 'ms', false, column, p99);
  ledger.add(`${name}, errors`, '', false, column, errors);
  ledger.add(`${name}, worker-seconds`, 's', false, column, course.workerSeconds);
  if (name === 'steady') ledger.add(`${name}, changes a minute`, '', false, column, course.changesPerMinute);
  const fixed = courses.find(({ model }) => model === `fixed at ${most}`);
  if (course.model !== 'autoscale' || !fixed) return;
  ledger.add(`${name}, p99 / that of ${most}`, '×', false, column, p99 / summary(fixed.replayed).p99);
  const share = (100 * course.workerSeconds) / fixed.workerSeconds;
  ledger.add(`${name}, worker-seconds / those of ${most}`, '%', false, column, share);
}

function integral(samples: readonly { second: number; count: number }[], seconds: number): number {
  return samples.reduce((sum, { second, count }, index) => {
    return sum + count * ((samples[index + 1]?.second ?? seconds) - second);
  }, 0);
}

function changes(samples: readonly { second: number; count: number }[], seconds: number): number {
  const late = samples.filter(({ second }) => second >= seconds / 4);
  const changed = late.filter(({ count }, index) => index > 0 && count !== late[index - 1]?.count);
  return changed.length / ((seconds * 0.75) / 60);
}

/** Puts the model to sleep, and asks it. */
async function firstRequest(place: ServerPlace): Promise<{ status: number; elapsedMs: number }> {
  await manage(place, 'PUT', '/models/ok?min_worker=0&max_worker=0&synchronous=true');
  if (place.release.name === 'torchbridge') {
    await manage(place, 'PUT', '/models/ok?min_worker=0&max_worker=1&synchronous=true');
  }
  const begin = performance.now();
  const answer = await fetch(`${place.inference}/predictions/ok`, { method: 'POST', body: 'x' });
  await answer.text();
  return { status: answer.status, elapsedMs: performance.now() - begin };
}

async function workersOf(place: ServerPlace, model: string): Promise<number> {
  const answer = await fetch(`${place.management}/models/${model}`);
  const [version] = (await answer.json()) as { workers: unknown[] }[];
  return version?.workers.length ?? 0;
}

function slug(name: string): string {
  return name.replaceAll(' ', '-');
}

/** Replays in a process of its own, so that it shares no event loop with anything. */
function replay(what: Replay): Promise<Replayed[]> {
  const script = join(import.meta.dirname, 'replay.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify(what));
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    printed += text;
  });
  return new Promise((done, failed) => {
    child.once('error', failed);
    child.once('close', (status) => {
      if (status === 0) done(JSON.parse(printed));
      else failed(new Error(`the replay ended with ${status}`));
    });
  });
}
