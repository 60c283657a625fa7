import { type Contest, Ledger, orderOf, packHandler, type Row, registerModel, withPlaces } from './contest.js';
import { runLoad } from './load.js';

const model = 'pieces';

/** A handler that streams 200 pieces: how soon the first is there, and how many come a second. */
export async function streams({ releases, rounds, seconds, log }: Contest): Promise<Row[]> {
  const ledger = new Ledger();
  await withPlaces(releases, async (places) => {
    for (const place of places) {
      await packHandler(place, model, 'pieces.py');
      log(`starting ${place.release.name}`);
      await place.start();
      await registerModel(place, model);
    }
    for (let round = 0; round < rounds; round += 1) {
      log(`round ${round + 1} of ${rounds}`);
      for (const place of orderOf(round, places)) {
        const url = `${place.inference}/predictions/${model}`;
        const result = await runLoad({ url, connections: 1, seconds, warmupSeconds: 1, body: 'x' });
        ledger.add('streamed pieces, time to first', 'ms', false, place.release, result.firstByteP50);
        ledger.add('streamed pieces a second', 'pieces/s', true, place.release, result.bytes / 16 / result.seconds);
      }
    }
  });
  return ledger.rows();
}
