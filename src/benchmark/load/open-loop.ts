import { Alarm } from './alarm.js';
import type { Extent, Sender } from './load.js';
import type { Observer } from './recorder.js';

/** Requests a second. Above it an alarm would keep a core busy that the server may need, and a millisecond is no longer short. */
const mostWithAlarm = 1000;

/**
 * Sends at a fixed rate, whether or not earlier requests are answered. A request that finds every connection busy waits
 * for one, and its latency counts from when it should have been sent, so that a server that stalls is charged for all
 * that would have been asked meanwhile (no coordinated omission). One that finds no connection within `timeoutSeconds`
 * counts as timed out. Up to 1,000 requests a second depart one by one; more depart on a grid of a millisecond, the
 * finest that timers keep.
 */
export function openLoop(
  senders: readonly Sender[],
  extent: Extent,
  pace: { readonly rate: number; readonly timeoutSeconds: number },
  observer: Observer,
): Promise<void> {
  const begin = performance.now();
  const total = extent.requests ?? Math.max(1, Math.round(pace.rate * (extent.seconds ?? 0)));
  const oneByOne = pace.rate <= mostWithAlarm;
  const intended = (index: number) => {
    const offset = (index * 1000) / pace.rate;
    return begin + (oneByOne ? offset : Math.ceil(offset));
  };
  const idle = [...senders];
  let due = 0;
  let sent = 0;
  let ended = 0;
  return new Promise((done) => {
    const end = () => {
      ended += 1;
      if (ended === total) done();
    };
    const pump = () => {
      while (sent < due) {
        const at = intended(sent);
        const now = performance.now();
        if (now - at >= pace.timeoutSeconds * 1000) {
          sent += 1;
          observer.ended(at, { ok: false, status: 'timeout', firstByte: Number.NaN, pieces: 0, bytes: 0, text: '' });
          end();
          continue;
        }
        const sender = idle.pop();
        if (!sender) return;
        sent += 1;
        sender.send((outcome) => {
          observer.ended(at, outcome);
          idle.push(sender);
          end();
          pump();
          alarm.answered();
        });
      }
    };
    const tick = () => {
      const now = performance.now();
      while (due < total && intended(due) <= now) {
        observer.late(now - intended(due));
        due += 1;
      }
      pump();
      if (due === total) return;
      if (oneByOne) alarm.set(intended(due));
      else setTimeout(tick, Math.max(1, Math.floor(intended(due) - now)));
    };
    const alarm = new Alarm(tick, () => idle.length === senders.length);
    tick();
  });
}
