import { join } from 'node:path';
import { packArchive } from '../test/support/archive.js';
import { type Contest, Ledger, manage, orderOf, type Row, withPlaces } from './contest.js';
import { runLoad } from './load.js';

const model = 'small_net';
const base = ['disable_token_authorization=true', 'enable_model_api=true'];
/** Both servers read the same two keys; the default allocator, so that cores alone make the difference. */
const settings = [
  { label: 'off', config: base },
  {
    label: 'on',
    config: [...base, 'cpu_launcher_enable=true', 'cpu_launcher_args=--use_logical_core --use_default_allocator'],
  },
];
const connections = 8;

/** What the CPU launcher is worth: pictures a second of a small network, one and two workers, with it and without. */
export async function launcher({ releases, rounds, seconds, log }: Contest): Promise<Row[]> {
  const ledger = new Ledger();
  await withPlaces(releases, async (places) => {
    for (const place of places) {
      const handler = join(import.meta.dirname, `handlers/${model}.py`);
      await packArchive(place.store, { name: model, handler: handler.replace(/\.py$/, ':handle') }, place.release);
    }
    for (let round = 0; round < rounds; round += 1) {
      log(`round ${round + 1} of ${rounds}`);
      for (const { label, config } of orderOf(round, settings)) {
        for (const place of orderOf(round, places)) {
          await place.start({ config });
          for (const count of [1, 2]) {
            await manage(place, 'POST', `/models?url=${model}.mar&initial_workers=${count}&synchronous=true`);
            const url = `${place.inference}/predictions/${model}`;
            const { perSecond, p50 } = await runLoad({ url, connections, seconds, warmupSeconds: 2, body: 'x' });
            const row = `${count} worker${count === 1 ? '' : 's'}, launcher ${label}`;
            ledger.add(row, 'req/s', true, place.release, perSecond);
            ledger.add(`${row}, p50`, 'ms', false, place.release, p50);
            await manage(place, 'DELETE', `/models/${model}`);
          }
          await place.stop();
        }
      }
    }
  });
  return ledger.rows();
}
