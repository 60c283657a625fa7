import { startBareServer } from './bare-server.js';
import { type Contest, Ledger, orderOf, packHandler, type Row, registerModel, withPlaces } from './contest.js';
import { runLoad } from './load.js';

const model = 'length';
const loads = [
  { row: '1 MB bodies, 8 connections', bytes: 1_000_000, connections: 8 },
  { row: '20 MB body, one connection', bytes: 20_000_000, connections: 1 },
];

/** Large bodies to a handler that answers with their length; beside it a bare server that reads them. */
export async function bodies({ releases, rounds, seconds, log }: Contest): Promise<Row[]> {
  const ledger = new Ledger();
  const bare = await startBareServer('bare node http');
  try {
    await withPlaces(releases, async (places) => {
      for (const place of places) {
        await packHandler(place, model, 'length.py');
        log(`starting ${place.release.name}`);
        await place.start({
          config: ['disable_token_authorization=true', 'enable_model_api=true', 'max_request_size=30000000'],
        });
        await registerModel(place, model);
      }
      for (let round = 0; round < rounds; round += 1) {
        log(`round ${round + 1} of ${rounds}`);
        for (const { row, bytes, connections } of loads) {
          const body = Buffer.alloc(bytes, 7);
          const shape = { connections, seconds, warmupSeconds: 1, body };
          for (const place of orderOf(round, places)) {
            const { perSecond } = await runLoad({ ...shape, url: `${place.inference}/predictions/${model}` });
            ledger.add(row, 'req/s', true, place.release, perSecond);
          }
          ledger.add(row, 'req/s', true, bare, (await runLoad({ ...shape, url: bare.url })).perSecond);
        }
      }
    });
  } finally {
    await bare.close();
  }
  return ledger.rows();
}
