import { GpuWatch } from '../src/benchmark/sampling/gpu-watch.js';
import { mean } from '../src/benchmark/statistics.js';
import type { Release } from '../test/support/release.js';
import type { ServerPlace } from '../test/support/server.js';
import { Classifier, type Network } from './classifier.js';
import { type Contest, Ledger, manage, orderOf, packHandler, type Row, registerModel, withPlaces } from './contest.js';
import { type LoadResult, tryLoad, warmUp } from './load.js';

/** What is varied. */
interface Sweep {
  readonly label: string;
  readonly network: Network;
  readonly workers: readonly number[];
  readonly batches: readonly number[];
}

const plain = { name: 'plain loop' };

/** ResNet-18 with the stock handler on the CPU, beside a plain Python loop that uses the same cores. */
export async function resnet(contest: Contest): Promise<Row[]> {
  const network: Network = { name: 'resnet18', device: 'cpu', half: false, pixels: 256 };
  return await sweep(contest, { label: 'ResNet-18', network, workers: [1, 2, 4], batches: [1, 8] });
}

/** Images a second of a network by workers and batch size; a plain loop stands beside. */
export async function sweep(contest: Contest, { label, network, workers, batches }: Sweep): Promise<Row[]> {
  const { releases, rounds, seconds, visionPython, log } = contest;
  if (visionPython === null) {
    log(
      `${label}: left out, since the environment vision has not been made (node python_backend/environment.mjs vision)`,
    );
    return [];
  }
  const ledger = new Ledger();
  const classifier = await Classifier.make(network, visionPython);
  // Batches of eight take a fifth of a second: in four seconds, one more or less would be a twentieth.
  const length = Math.max(8, seconds);
  try {
    await withPlaces(
      releases.map((release) => classifier.release(release)),
      async (places) => {
        for (const place of places) {
          await classifier.pack(place.store, place.release);
          log(`starting ${place.release.name}`);
          await place.start();
          await warmServer(place, classifier.image);
        }
        for (let round = 0; round < rounds; round += 1) {
          for (const batchSize of batches) {
            log(`${label}, round ${round + 1} of ${rounds}, batches of ${batchSize}`);
            for (const count of workers) {
              const row = `${label}, ${count} worker${count === 1 ? '' : 's'}, batch ${batchSize}`;
              const { turns, loop } = await compare(classifier, orderOf(round, places), { batchSize, count, length });
              for (const { release, perSecond, failed, firstFailure, gpuBusy } of turns) {
                if (failed > 0) log(`${release.name}: ${failed} failed: ${firstFailure}`);
                ledger.add(row, 'images/s', true, release, perSecond);
                if (gpuBusy.length > 0) ledger.add(`${row}, GPU busy`, '%', true, release, mean(gpuBusy));
              }
              ledger.add(row, 'images/s', true, plain, loop);
            }
          }
        }
      },
    );
  } finally {
    classifier.close();
  }
  return ledger.rows();
}

/** Has the server's own code compiled, which the few requests a second of a large network take minutes to bring about. */
async function warmServer(place: ServerPlace, body: Buffer): Promise<void> {
  await packHandler(place, 'ok', 'ok.py');
  await registerModel(place, 'ok');
  await warmUp({ url: `${place.inference}/predictions/ok` }, body);
  await manage(place, 'DELETE', '/models/ok');
}

/** One setting. */
interface Setting {
  readonly batchSize: number;
  /** Workers. */
  readonly count: number;
  /** Seconds that each server and the loop are timed for. */
  readonly length: number;
}

/** What came of a server's turns. */
interface Turns {
  readonly release: Release;
  readonly perSecond: number;
  readonly failed: number;
  readonly firstFailure: string | null;
  /** Percent of the GPUs, sample by sample; empty where there is none. */
  readonly gpuBusy: readonly number[];
}

/**
 * Images a second of each server and of the plain loop. The servers have their turns there and back, the loop before, between and
 * after: the machine is quicker at one time than at another.
 */
async function compare(
  classifier: Classifier,
  there: readonly ServerPlace[],
  { batchSize, count, length }: Setting,
): Promise<{ readonly turns: readonly Turns[]; readonly loop: number }> {
  for (const place of there)
    await registerModel(place, classifier.archive, {
      batchSize,
      delayMs: batchSize > 1 ? 100 : 0,
      workers: count,
    });
  const gpus = there.map(() => [] as number[]);
  const results = there.map(() => [] as LoadResult[]);
  const loops = [await classifier.plainLoop(batchSize, length / 3)];
  for (const order of [there, there.toReversed()]) {
    for (const place of order) {
      const watch = new GpuWatch(500);
      const result = await tryLoad({
        url: `${place.inference}/predictions/${classifier.archive}`,
        seconds: length / 2,
        warmupSeconds: 1,
        body: classifier.image,
        // Enough for every worker to have a batch at hand while it works on one.
        connections: 2 * count * batchSize,
        headers: { 'content-type': 'image/jpeg' },
      });
      await watch.stop();
      const index = there.indexOf(place);
      results[index]?.push(result);
      gpus[index]?.push(...watch.samples.map(({ percent }) => percent));
    }
    loops.push(await classifier.plainLoop(batchSize, length / 3));
  }
  for (const place of there) await manage(place, 'DELETE', `/models/${classifier.archive}`);
  const turns = there.map(({ release }, index) => {
    const both = results[index] ?? [];
    return {
      release,
      perSecond: mean(both.map(({ perSecond }) => perSecond)),
      failed: both.reduce((sum, { failed }) => sum + failed, 0),
      firstFailure: both.find(({ failed }) => failed > 0)?.firstFailure ?? null,
      gpuBusy: gpus[index] ?? [],
    };
  });
  return { turns, loop: mean(loops) };
}
