import type { Extent, Sender } from './load.js';
import type { Observer } from './recorder.js';

/**
 * Lets every connection send its next request when the one before is answered, until the time is over or all requests
 * are sent. Resolves once all of them are answered.
 */
export function closedLoop(senders: readonly Sender[], extent: Extent, observer: Observer): Promise<void> {
  const deadline = performance.now() + (extent.seconds ?? Number.POSITIVE_INFINITY) * 1000;
  let left = extent.requests ?? Number.POSITIVE_INFINITY;
  return new Promise((done) => {
    let busy = senders.length;
    for (const sender of senders) {
      const next = () => {
        const sent = performance.now();
        if (left <= 0 || sent >= deadline) {
          busy -= 1;
          if (busy === 0) done();
          return;
        }
        left -= 1;
        sender.send((outcome) => {
          observer.ended(sent, outcome);
          // A connection that fails at once must not keep the event loop from everything else.
          if (outcome.ok) next();
          else setTimeout(next, 1);
        });
      };
      next();
    }
  });
}
