import { GpuWatch } from '../src/benchmark/sampling/gpu-watch.js';
import { mean } from '../src/benchmark/statistics.js';
import { Classifier, type Network } from './classifier.js';
import { type Contest, Ledger, manage, orderOf, type Row, registerModel, withPlaces } from './contest.js';
import { tryLoad } from './load.js';

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
  const body = classifier.image;
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
        }
        for (let round = 0; round < rounds; round += 1) {
          for (const batchSize of batches) {
            log(`${label}, round ${round + 1} of ${rounds}, batches of ${batchSize}`);
            for (const count of workers) {
              const row = `${label}, ${count} worker${count === 1 ? '' : 's'}, batch ${batchSize}`;
              // Half of it before the servers and half after, since the machine is quicker at one time than at another.
              const before = await classifier.plainLoop(batchSize, length / 2);
              for (const place of orderOf(round, places)) {
                await registerModel(place, classifier.archive, {
                  batchSize,
                  delayMs: batchSize > 1 ? 100 : 0,
                  workers: count,
                });
                const load = {
                  url: `${place.inference}/predictions/${classifier.archive}`,
                  seconds: length,
                  warmupSeconds: 2,
                  body,
                };
                // Enough for every worker to have a batch at hand while it works on one.
                const gpus = new GpuWatch(500);
                const result = await tryLoad({
                  ...load,
                  connections: 2 * count * batchSize,
                  headers: { 'content-type': 'image/jpeg' },
                });
                await gpus.stop();
                if (result.failed > 0) log(`${place.release.name}: ${result.failed} failed: ${result.firstFailure}`);
                ledger.add(row, 'images/s', true, place.release, result.perSecond);
                if (gpus.samples.length > 0) {
                  const busy = mean(gpus.samples.map(({ percent }) => percent));
                  ledger.add(`${row}, GPU busy`, '%', true, place.release, busy);
                }
                await manage(place, 'DELETE', `/models/${classifier.archive}`);
              }
              const after = await classifier.plainLoop(batchSize, length / 2);
              ledger.add(row, 'images/s', true, plain, mean([before, after]));
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
