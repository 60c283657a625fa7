import { join } from 'node:path';
import { packArchive } from '../test/support/archive.js';
import { type Contest, Ledger, orderOf, type Row, registerModel, withPlaces } from './contest.js';
import { type Load, runLoad } from './load.js';

const model = 'one';
const connections = [1, 8, 32];
const warmupSeconds = 0.5;

/** The same request by gRPC and by REST, to a handler that answers "ok", one a batch. */
export async function grpc({ releases, rounds, seconds, log }: Contest): Promise<Row[]> {
  const ledger = new Ledger();
  await withPlaces(releases, async (places) => {
    const doorsOf = (place: (typeof places)[number]): Pick<Load, 'url' | 'model'>[] => [
      { url: `${place.inference}/predictions/${model}` },
      { url: place.grpcInference, model },
    ];
    for (const place of places) {
      const handler = join(import.meta.dirname, 'handlers/ok.py');
      await packArchive(place.store, { name: model, handler }, place.release);
      log(`starting ${place.release.name}`);
      await place.start();
      await registerModel(place, model, { batchSize: 1, delayMs: 0 });
      for (const door of doorsOf(place)) {
        await runLoad({ ...door, connections: 32, seconds: 1, warmupSeconds: 4, body: 'x' });
      }
    }
    for (let round = 0; round < rounds; round += 1) {
      log(`round ${round + 1} of ${rounds}`);
      for (const count of connections) {
        for (const place of orderOf(round, places)) {
          const measured = [];
          for (const door of doorsOf(place)) {
            measured.push(await runLoad({ ...door, connections: count, seconds, warmupSeconds, body: 'x' }));
          }
          const [rest, called] = measured;
          if (!rest || !called) continue;
          const row = `${count} connection${count === 1 ? '' : 's'}`;
          ledger.add(`REST, ${row}`, 'req/s', true, place.release, rest.perSecond);
          ledger.add(`gRPC, ${row}`, 'req/s', true, place.release, called.perSecond);
          ledger.add(`gRPC, ${row}, p50`, 'ms', false, place.release, called.p50);
          ledger.add(`gRPC of REST, ${row}`, '×', true, place.release, called.perSecond / rest.perSecond);
        }
      }
    }
  });
  return ledger.rows();
}
