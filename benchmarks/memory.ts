import { memoryOf } from '../src/benchmark/sampling/process-memory.js';
import type { ServerPlace } from '../test/support/server.js';
import { type Contest, Ledger, manage, orderOf, packHandler, type Row, registerModel, withPlaces } from './contest.js';
import { runLoad } from './load.js';

const model = 'ok';
const megabyte = 2 ** 20;

/**
 * Memory after some load, with one worker and with four. Workers are all processes but the frontend, the nursery among
 * them. Pages that processes share count once, divided among them (PSS): private pages alone would leave out what forked
 * workers share with their nursery, which is memory all the same.
 */
export async function memory({ releases, rounds, log }: Contest): Promise<Row[]> {
  const ledger = new Ledger();
  await withPlaces(releases, async (places) => {
    for (const place of places) {
      await packHandler(place, model, 'ok.py');
    }
    for (let round = 0; round < rounds; round += 1) {
      log(`round ${round + 1} of ${rounds}`);
      for (const place of orderOf(round, places)) {
        await place.start();
        await registerModel(place, model);
        for (const [count, label] of [
          [1, 'one worker'],
          [4, '4 workers of one model'],
        ] as const) {
          await manage(place, 'PUT', `/models/${model}?min_worker=${count}&max_worker=${count}&synchronous=true`);
          const url = `${place.inference}/predictions/${model}`;
          await runLoad({ url, connections: 8, seconds: 1, warmupSeconds: 0, body: 'x' });
          const { frontend, workers } = familyOf(place);
          ledger.add(`memory of ${label}`, 'MB', false, place.release, memoryOf(workers).proportional / megabyte);
          ledger.add(
            `memory of ${label}, private pages only`,
            'MB',
            false,
            place.release,
            memoryOf(workers).private / megabyte,
          );
          if (count === 4)
            ledger.add(
              'memory of the frontend',
              'MB',
              false,
              place.release,
              memoryOf(frontend).proportional / megabyte,
            );
        }
        await place.stop();
      }
    }
  });
  return ledger.rows();
}

/** The Node or Java process, and all others. */
function familyOf(place: ServerPlace): { frontend: number[]; workers: number[] } {
  const isFrontend = (command: string) => /^torchserve server|(^|\/)java /.test(command);
  const all = place.processes();
  return {
    frontend: all.filter(({ command }) => isFrontend(command)).map(({ pid }) => pid),
    workers: all.filter(({ command }) => !isFrontend(command)).map(({ pid }) => pid),
  };
}
