import type { ServerPlace } from '../test/support/server.js';
import { type Contest, Ledger, manage, orderOf, packHandler, type Row, withPlaces } from './contest.js';
import { runLoad } from './load.js';

const batchSize = 8;
const windowMs = 50;
/** The handler takes 18 ms for eight, so that 444 requests a second are all there can be. */
const loads = [
  { load: 'low load (20 requests/s)', rate: 20, connections: 64 },
  { load: 'medium load (200 requests/s)', rate: 200, connections: 64 },
  { load: 'saturated (32 connections)', connections: 32 },
];

interface Entrant {
  readonly place: ServerPlace;
  readonly model: string;
  /** Under which it stands in the table. */
  readonly name: string;
  readonly words: string;
}

/**
 * The eager policy beside the window of 50 ms, with batches of up to eight and a handler whose batches cost little more
 * than single requests. The column of this server is the eager one.
 */
export async function policy({ releases, rounds, seconds, log }: Contest): Promise<Row[]> {
  const ledger = new Ledger();
  await withPlaces(releases, async (places) => {
    const entrants = places.flatMap(entrantsOf);
    for (const place of places) {
      log(`starting ${place.release.name}`);
      await place.start();
    }
    for (const { place, model, words } of entrants) {
      await packHandler(place, model, 'steady.py');
      await manage(place, 'POST', `/models?url=${model}.mar&initial_workers=1&synchronous=true&${words}`);
    }
    for (let round = 0; round < rounds; round += 1) {
      log(`round ${round + 1} of ${rounds}`);
      for (const { load, ...pace } of loads) {
        for (const { place, model, name } of orderOf(round, entrants)) {
          const url = `${place.inference}/predictions/${model}`;
          const length = Math.max(seconds, 'rate' in pace ? 400 / pace.rate : 0);
          const result = await runLoad({ ...pace, url, seconds: length, warmupSeconds: 0.5, body: 'x' });
          ledger.add(`${load}, p50`, 'ms', false, { name }, result.p50);
          ledger.add(`${load}, p99`, 'ms', false, { name }, result.p99);
          ledger.add(`${load}, throughput`, 'req/s', true, { name }, result.perSecond);
        }
      }
    }
  });
  return ledger.rows();
}

/** TorchServe has the window alone. */
function entrantsOf(place: ServerPlace): Entrant[] {
  const { name } = place.release;
  const words = `batch_size=${batchSize}&max_batch_delay=${windowMs}`;
  const window = { place, model: 'window', words };
  if (name !== 'torchbridge') return [{ ...window, name }];
  return [
    { place, model: 'eager', name, words: `${words}&batch_policy=eager` },
    { ...window, name: 'its window' },
  ];
}
