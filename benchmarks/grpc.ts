import { mean } from '../src/benchmark/statistics.js';
import { type BareServer, startBareServer } from './bare-server.js';
import { type Contest, Ledger, orderOf, packHandler, type Row, registerModel, withPlaces } from './contest.js';
import { type Load, type LoadResult, runLoad, warmUp } from './load.js';

const model = 'one';
/** Those that call at once. */
interface Clients {
  readonly calls: number;
  /** As Load has it. */
  readonly channels?: number;
  readonly row: string;
}

/** As many clients, each with a connection of its own, or one client with as many calls at once, as `ghz` has it. */
const clients: readonly Clients[] = [
  { calls: 1, row: '1 connection' },
  { calls: 8, row: '8 connections' },
  { calls: 32, row: '32 connections' },
  { calls: 32, channels: 1, row: '32 calls over one connection' },
];
const most = Math.max(...clients.map(({ calls }) => calls));
const warmupSeconds = 0.5;

/**
 * The same request by gRPC and by REST, to a handler that answers "ok", one a batch. Beside it what the protocols cost by
 * themselves, since all that stands behind the doors is the same for both.
 */
export async function grpc(contest: Contest): Promise<Row[]> {
  const http = await startBareServer('bare node http');
  const rpc = [await startBareServer('bare grpc-js'), await startBareServer('bare node http2')];
  try {
    return await compare(contest, http, rpc);
  } finally {
    for (const server of [http, ...rpc]) await server.close();
  }
}

async function compare(
  { releases, rounds, seconds, log }: Contest,
  http: BareServer,
  rpc: readonly BareServer[],
): Promise<Row[]> {
  const ledger = new Ledger();
  const bare = async ({ calls, row, ...spread }: Clients): Promise<void> => {
    const load = { connections: calls, seconds: seconds / 2, warmupSeconds, body: 'x' };
    const doors = [{ url: http.url }, ...rpc.map(({ url }) => ({ url, model: 'ok', ...spread }))];
    const [rest, ...called] = await thereAndBack(doors.map((door) => ({ ...load, ...door })));
    if (!rest) return;
    if (spread.channels === undefined) ledger.add(`REST, ${row}`, 'req/s', true, http, rest.perSecond);
    for (const [index, { perSecond }] of called.entries()) {
      const name = rpc[index]?.name ?? '';
      ledger.add(`gRPC, ${row}`, 'req/s', true, { name }, perSecond);
      ledger.add(`gRPC of REST, ${row}`, '×', true, { name: `${name} of ${http.name}` }, perSecond / rest.perSecond);
    }
  };
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
        await warmUp(door);
      }
    }
    for (let round = 0; round < rounds; round += 1) {
      log(`round ${round + 1} of ${rounds}`);
      for (const client of clients) {
        const { calls, row, ...spread } = client;
        if (calls === most) await bare(client);
        for (const place of orderOf(round, places)) {
          const load = { ...spread, connections: calls, seconds: seconds / 2, warmupSeconds, body: 'x' };
          const [rest, called] = await thereAndBack(doorsOf(place).map((door) => ({ ...load, ...door })));
          if (!rest || !called) continue;
          if (spread.channels === undefined) ledger.add(`REST, ${row}`, 'req/s', true, place.release, rest.perSecond);
          ledger.add(`gRPC, ${row}`, 'req/s', true, place.release, called.perSecond);
          ledger.add(`gRPC, ${row}, p50`, 'ms', false, place.release, called.p50);
          ledger.add(`gRPC of REST, ${row}`, '×', true, place.release, called.perSecond / rest.perSecond);
        }
      }
    }
  });
  return ledger.rows();
}

/**
 * Each load twice, there and back, so that neither always runs on what the other leaves behind, such as logs to be compressed,
 * and a machine that becomes slower or quicker meanwhile does so for all.
 */
async function thereAndBack(loads: readonly Load[]): Promise<Pick<LoadResult, 'perSecond' | 'p50'>[]> {
  const results = loads.map(() => [] as LoadResult[]);
  for (const order of [loads, loads.toReversed()]) {
    for (const load of order) results[loads.indexOf(load)]?.push(await runLoad(load));
  }
  return results.map((both) => ({
    perSecond: mean(both.map(({ perSecond }) => perSecond)),
    p50: mean(both.map(({ p50 }) => p50)),
  }));
}
