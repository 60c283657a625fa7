import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { packArchive } from '../test/support/archive.js';
import { type Contest, Ledger, manage, orderOf, type Row, withPlaces } from './contest.js';
import { processorSeconds } from './processor-seconds.js';
import { timed } from './timed.js';

const count = 200;
const settleMs = 3000;

/** 200 registered models without workers that nobody asks anything: what they cost, and how long a list of them takes. */
export async function idle({ releases, rounds, seconds, log }: Contest): Promise<Row[]> {
  const ledger = new Ledger();
  await withPlaces(releases, async (places) => {
    for (const place of places) {
      await packArchive(
        place.store,
        { name: 'ok', handler: join(import.meta.dirname, 'handlers/ok.py') },
        place.release,
      );
      log(`starting ${place.release.name} and registering ${count} models`);
      await place.start();
      for (let number = 0; number < count; number += 1) {
        copyFileSync(join(place.store, 'ok.mar'), join(place.store, `m${number}.mar`));
        await manage(place, 'POST', `/models?url=m${number}.mar&model_name=m${number}&initial_workers=0`);
      }
    }
    for (let round = 0; round < rounds; round += 1) {
      log(`round ${round + 1} of ${rounds}`);
      for (const place of orderOf(round, places)) {
        const length = Math.max(5, 2 * seconds);
        // What the last round's questions left behind, such as garbage, is no idleness.
        await sleep(settleMs);
        const before = processorSeconds(place);
        await sleep(length * 1000);
        const percent = (100 * (processorSeconds(place) - before)) / length;
        ledger.add('200 registered models, idle CPU', '% of a core', false, place.release, percent);
        const list = () => timed(() => manage(place, 'GET', `/models?limit=${count}`));
        await list();
        ledger.add('200 registered models, list of all', 'ms', false, place.release, await list());
        const all = await timed(async () => {
          await Promise.all(Array.from({ length: count }, (_, number) => manage(place, 'GET', `/models/m${number}`)));
        });
        ledger.add('200 registered models, a description of each', 'ms', false, place.release, all);
      }
    }
  });
  return ledger.rows();
}
