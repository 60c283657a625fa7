import { startBareServer } from './bare-server.js';
import { type Contest, Ledger, orderOf, packHandler, type Row, registerModel, withPlaces } from './contest.js';
import { runLoad, warmUp } from './load.js';
import { processorSeconds } from './processor-seconds.js';

const connections = [1, 8, 32];
/** Up to so many requests a batch; the wait for more is short, so that few connections are not all waiting. */
const batches = [
  { model: 'one', size: 1, delayMs: 0, label: 'one a batch' },
  { model: 'eight', size: 8, delayMs: 5, label: 'up to 8 a batch' },
];

const warmupSeconds = 0.5;

/**
 * What the server itself costs: a handler that answers "ok", one worker, requests of a few bytes in a closed loop.
 * CPU time counts all of the server's processes; it says something even on a busy machine.
 */
export async function overhead({ releases, rounds, seconds, log }: Contest): Promise<Row[]> {
  const ledger = new Ledger();
  const bare = [await startBareServer('bare fastify'), await startBareServer('bare node http')];
  try {
    await withPlaces(releases, async (places) => {
      for (const place of places) {
        for (const { model } of batches) {
          await packHandler(place, model, 'ok.py');
        }
        log(`starting ${place.release.name}`);
        await place.start();
        for (const { model, size, delayMs } of batches) {
          await registerModel(place, model, { batchSize: size, delayMs });
          const url = `${place.inference}/predictions/${model}`;
          await warmUp({ url });
        }
      }
      for (let round = 0; round < rounds; round += 1) {
        log(`round ${round + 1} of ${rounds}`);
        for (const { url, name } of bare) {
          const { perSecond } = await runLoad({ url, connections: 32, seconds, warmupSeconds, body: 'x' });
          for (const { label } of batches) ledger.add(`${label}, 32 connections`, 'req/s', true, { name }, perSecond);
        }
        for (const { model, label } of batches) {
          for (const count of connections) {
            for (const place of orderOf(round, places)) {
              const url = `${place.inference}/predictions/${model}`;
              const before = processorSeconds(place);
              const result = await runLoad({ url, connections: count, seconds, warmupSeconds, body: 'x' });
              const spent = processorSeconds(place) - before;
              const row = `${label}, ${count} connection${count === 1 ? '' : 's'}`;
              ledger.add(row, 'req/s', true, place.release, result.perSecond);
              ledger.add(`${row}, p50`, 'ms', false, place.release, result.p50);
              if (spent > 0) {
                // The warm-up's cost too, at the same pace.
                const requests = result.perSecond * (result.seconds + warmupSeconds);
                ledger.add(`${row}, CPU a request`, 'ms', false, place.release, (spent * 1000) / requests);
              }
            }
          }
        }
      }
    });
  } finally {
    for (const server of bare) await server.close();
  }
  return ledger.rows();
}
