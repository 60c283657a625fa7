import { type Contest, Ledger, orderOf, packHandler, type Row, registerModel, withPlaces } from './contest.js';
import { runLoad, warmUp } from './load.js';

const model = 'ok';
const connections = 64;
/** A stall of the machine by itself makes a turn's p99. More turns, and shorter ones, leave the median without. */
const turns = 6;

/**
 * p99 at half of the load that the reference can take: its peak is measured first, in a closed loop; then each server is
 * sent half of that at a fixed rate, and times count from when a request should have gone. It has six times as many rounds as other
 * scenarios.
 */
export async function tail({ releases, rounds, seconds, log }: Contest): Promise<Row[]> {
  const ledger = new Ledger();
  await withPlaces(releases, async (places) => {
    for (const place of places) {
      await packHandler(place, model, 'ok.py');
      log(`starting ${place.release.name}`);
      await place.start();
      await registerModel(place, model);
      // Both are warm before anything counts.
      await warmUp({ url: urlOf(place.inference) });
    }
    for (let round = 0; round < rounds * turns; round += 1) {
      const slowest = places.at(-1);
      if (!slowest) break;
      const peak = await runLoad({
        url: urlOf(slowest.inference),
        connections: 32,
        seconds,
        warmupSeconds: 0.5,
        body: 'x',
      });
      const rate = peak.perSecond / 2;
      log(`round ${round + 1} of ${rounds * turns}: ${Math.round(rate)} requests/s`);
      for (const place of orderOf(round, places)) {
        const load = {
          url: urlOf(place.inference),
          connections,
          seconds,
          warmupSeconds: 0.5,
          body: 'x',
          rate,
        };
        const { p50, p99 } = await runLoad(load);
        ledger.add('p99 at half of TorchServe’s peak, open loop', 'ms', false, place.release, p99);
        ledger.add('p50 at half of TorchServe’s peak, open loop', 'ms', false, place.release, p50);
      }
    }
  });
  return ledger.rows();
}

function urlOf(inference: string): string {
  return `${inference}/predictions/${model}`;
}
