import { type Contest, Ledger, orderOf, packHandler, type Row, registerModel, withPlaces } from './contest.js';
import { type Load, runLoad } from './load.js';

const model = 'one';
/** As many clients, each with a connection of its own, or one client with as many calls at once, as `ghz` has it. */
const clients = [
  { calls: 1, row: '1 connection' },
  { calls: 8, row: '8 connections' },
  { calls: 32, row: '32 connections' },
  { calls: 32, channels: 1, row: '32 calls over one connection' },
];
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
      await packHandler(place, model, 'ok.py');
      log(`starting ${place.release.name}`);
      await place.start();
      await registerModel(place, model, { batchSize: 1, delayMs: 0 });
      for (const door of doorsOf(place)) {
        await runLoad({ ...door, connections: 32, seconds: 1, warmupSeconds: 4, body: 'x' });
      }
    }
    for (let round = 0; round < rounds; round += 1) {
      log(`round ${round + 1} of ${rounds}`);
      for (const { calls, channels, row } of clients) {
        for (const place of orderOf(round, places)) {
          const spread = channels === undefined ? {} : { channels };
          const measured = [];
          for (const door of doorsOf(place)) {
            measured.push(await runLoad({ ...door, ...spread, connections: calls, seconds, warmupSeconds, body: 'x' }));
          }
          const [rest, called] = measured;
          if (!rest || !called) continue;
          if (channels === undefined) ledger.add(`REST, ${row}`, 'req/s', true, place.release, rest.perSecond);
          ledger.add(`gRPC, ${row}`, 'req/s', true, place.release, called.perSecond);
          ledger.add(`gRPC, ${row}, p50`, 'ms', false, place.release, called.p50);
          ledger.add(`gRPC of REST, ${row}`, '×', true, place.release, called.perSecond / rest.perSecond);
        }
      }
    }
  });
  return ledger.rows();
}
