import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerPlace } from '../test/support/server.js';
import { type Contest, Ledger, manage, orderOf, packHandler, type Row, withPlaces } from './contest.js';
import { timed } from './timed.js';

const model = 'pid';

/** A worker's life: from the start command to the first prediction, one worker more, and back after `kill -9`. */
export async function workers({ releases, rounds, log }: Contest): Promise<Row[]> {
  const ledger = new Ledger();
  await withPlaces(releases, async (places) => {
    for (const place of places) {
      await packHandler(place, model, 'pid.py');
    }
    for (let round = 0; round < rounds; round += 1) {
      log(`round ${round + 1} of ${rounds}`);
      for (const place of orderOf(round, places)) {
        const add = (row: string, milliseconds: number) => ledger.add(row, 'ms', false, place.release, milliseconds);
        add('start to first prediction', await timed(() => firstPrediction(place)));
        add('scale from 1 to 2 workers', await timed(() => scale(place, 2)));
        await scale(place, 1);
        add('recovery after kill -9', await recovery(place));
        await place.stop();
      }
    }
  });
  return ledger.rows();
}

async function firstPrediction(place: ServerPlace): Promise<void> {
  await place.start({ models: [`${model}=${model}.mar`] });
  await until(async () => (await predict(place)) !== undefined);
}

async function scale(place: ServerPlace, count: number): Promise<void> {
  await manage(place, 'PUT', `/models/${model}?min_worker=${count}&max_worker=${count}&synchronous=true`);
  await until(async () => {
    const all = await describeWorkers(place);
    return all.length === count && all.every((worker) => worker.status === 'READY');
  });
}

/** From the kill to the first answer of another process. */
async function recovery(place: ServerPlace): Promise<number> {
  const pid = Number(await predict(place));
  const begin = performance.now();
  process.kill(pid, 'SIGKILL');
  await until(async () => {
    const answer = await predict(place);
    return answer !== undefined && Number(answer) !== pid;
  });
  return performance.now() - begin;
}

/** The answer of the model, which is its process's number; undefined while there is none. */
async function predict(place: ServerPlace): Promise<string | undefined> {
  try {
    const answer = await fetch(`${place.inference}/predictions/${model}`, {
      method: 'POST',
      body: 'x',
      signal: AbortSignal.timeout(10_000),
    });
    const text = await answer.text();
    return answer.status === 200 ? text : undefined;
  } catch {
    return undefined;
  }
}

async function describeWorkers(place: ServerPlace): Promise<{ status: string }[]> {
  const answer = await fetch(`${place.management}/models/${model}`);
  const [version] = (await answer.json()) as { workers: { status: string }[] }[];
  return version?.workers ?? [];
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error('nothing came of it within two minutes');
    await sleep(2);
  }
}
