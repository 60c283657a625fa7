import { memoryOf } from '../src/benchmark/sampling/process-memory.js';
import { spreadOf } from '../src/benchmark/statistics.js';
import { type Contest, Ledger, manage, packHandler, type Row, registerModel, withPlaces } from './contest.js';
import { runLoad, tryLoad } from './load.js';

const connections = 1000;
const model = 'ok';
/** How often memory is looked at: between two looks it goes up and down with the collector. */
const lookMs = 5000;

/** A thousand connections for a long time, on ours alone: errors, and whether memory and p99 stay as they are. */
export async function endurance({ releases, longSeconds, log }: Contest): Promise<Row[]> {
  const ledger = new Ledger();
  await withPlaces(releases.slice(0, 1), async (places) => {
    for (const place of places) {
      await packHandler(place, model, 'ok.py');
      await place.start({
        config: ['disable_token_authorization=true', 'enable_model_api=true', `job_queue_size=${2 * connections}`],
      });
      await registerModel(place, model, { batchSize: 8, delayMs: 5 });
      const url = `${place.inference}/predictions/${model}`;
      // What a thousand connections need is there before the memory is looked at.
      await runLoad({ url, connections, seconds: 5, warmupSeconds: 0, body: 'x' });
      const memory: number[] = [];
      const look = () => memory.push(memoryOf(place.processes().map(({ pid }) => pid)).proportional);
      look();
      const looks = setInterval(look, lookMs);
      log(`${connections} connections for ${longSeconds} s`);
      const load = { url, connections, seconds: longSeconds, warmupSeconds: 2, body: 'x' };
      const result = await tryLoad(load).finally(() => clearInterval(looks));
      const p99 = result.timeline.map((second) => second.p99);
      const add = (row: string, unit: string, rising: boolean, value: number) =>
        ledger.add(`1,000 connections, ${row}`, unit, rising, place.release, value);
      add('errors', 'requests', false, result.failed);
      add('requests', 'req/s', true, result.perSecond);
      add('memory of the last quarter to the first', '%', false, lastToFirst(memory));
      add('p99 of the last quarter to the first', '%', false, lastToFirst(p99));
      add('p99', 'ms', false, result.p99);
      await manage(place, 'DELETE', `/models/${model}`);
    }
  });
  return ledger.rows();
}

/** The median of the last quarter to that of the first, in percent. */
function lastToFirst(values: readonly number[]): number {
  const quarter = Math.max(1, Math.floor(values.length / 4));
  return (100 * spreadOf(values.slice(-quarter)).median) / spreadOf(values.slice(0, quarter)).median;
}
