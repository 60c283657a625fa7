import { GpuWatch } from '../src/benchmark/sampling/gpu-watch.js';
import { mean } from '../src/benchmark/statistics.js';
import type { ServerPlace } from '../test/support/server.js';
import { Classifier, type Network } from './classifier.js';
import { type Contest, Ledger, manage, orderOf, packHandler, type Row, registerModel, withPlaces } from './contest.js';
import { type Load, type LoadResult, runLoad, tryLoad } from './load.js';

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
          await warmUp(place, classifier.image);
        }
        for (let round = 0; round < rounds; round += 1) {
          for (const batchSize of batches) {
            log(`${label}, round ${round + 1} of ${rounds}, batches of ${batchSize}`);
            for (const count of workers) {
              const row = `${label}, ${count} worker${count === 1 ? '' : 's'}, batch ${batchSize}`;
              for (const place of places)
                await registerModel(place, classifier.archive, {
                  batchSize,
                  delayMs: batchSize > 1 ? 100 : 0,
                  workers: count,
                });
              const load: Load = {
                url: '',
                seconds: length / 2,
                warmupSeconds: 1,
                body: classifier.image,
                // Enough for every worker to have a batch at hand while it works on one.
                connections: 2 * count * batchSize,
                headers: { 'content-type': 'image/jpeg' },
              };
              // There and back, the loop before, between and after: the machine is quicker at one time than at another.
              const there = orderOf(round, places);
              const loops = [await classifier.plainLoop(batchSize, length / 3)];
              const turns = new Map(there.map((place) => [place, [] as Turn[]]));
              for (const order of [there, there.toReversed()]) {
                for (const place of order) {
                  const turn = await take({ ...load, url: `${place.inference}/predictions/${classifier.archive}` });
                  if (turn.failed > 0) log(`${place.release.name}: ${turn.failed} failed: ${turn.firstFailure}`);
                  turns.get(place)?.push(turn);
                }
                loops.push(await classifier.plainLoop(batchSize, length / 3));
              }
              for (const [place, both] of turns) {
                ledger.add(row, 'images/s', true, place.release, mean(both.map(({ perSecond }) => perSecond)));
                const busy = both.flatMap(({ gpuBusy }) => gpuBusy);
                if (busy.length > 0) ledger.add(`${row}, GPU busy`, '%', true, place.release, mean(busy));
                await manage(place, 'DELETE', `/models/${classifier.archive}`);
              }
              ledger.add(row, 'images/s', true, plain, mean(loops));
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
async function warmUp(place: ServerPlace, body: Buffer): Promise<void> {
  await packHandler(place, 'ok', 'ok.py');
  await registerModel(place, 'ok');
  await runLoad({ url: `${place.inference}/predictions/ok`, connections: 32, seconds: 1, warmupSeconds: 4, body });
  await manage(place, 'DELETE', '/models/ok');
}

/** What came of a server's turn. */
interface Turn extends LoadResult {
  /** Percent of the GPUs, sample by sample; empty where there is none. */
  readonly gpuBusy: readonly number[];
}

async function take(load: Load): Promise<Turn> {
  const gpus = new GpuWatch(500);
  const result = await tryLoad(load);
  await gpus.stop();
  return { ...result, gpuBusy: gpus.samples.map(({ percent }) => percent) };
}
