import { memoryOf } from '../src/benchmark/sampling/process-memory.js';
import { spreadOf } from '../src/benchmark/statistics.js';
import { type Contest, Ledger, manage, packHandler, type Row, registerModel, withPlaces } from './contest.js';
import { runLoad, tryLoad } from './load.js';

const connections = 1000;
const model = 'ok';

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
      const memory = () => memoryOf(place.processes().map(({ pid }) => pid)).proportional / 2 ** 20;
      const before = memory();
      log(`${connections} connections for ${longSeconds} s`);
      const result = await tryLoad({ url, connections, seconds: longSeconds, warmupSeconds: 2, body: 'x' });
      const quarter = Math.max(1, Math.floor(result.timeline.length / 4));
      const p99 = (seconds: typeof result.timeline) => spreadOf(seconds.map((second) => second.p99)).median;
      const add = (row: string, unit: string, rising: boolean, value: number) =>
        ledger.add(`1,000 connections, ${row}`, unit, rising, place.release, value);
      add('errors', 'requests', false, result.failed);
      add('requests', 'req/s', true, result.perSecond);
      add('memory at the end to the begin', '%', false, (100 * memory()) / before);
      add(
        'p99 of the last quarter to the first',
        '%',
        false,
        (100 * p99(result.timeline.slice(-quarter))) / p99(result.timeline.slice(0, quarter)),
      );
      add('p99', 'ms', false, result.p99);
      await manage(place, 'DELETE', `/models/${model}`);
    }
  });
  return ledger.rows();
}
