import { constants } from 'node:os';
import { isatty } from 'node:tty';

/** The signals that end the server: the first in good order, the second at once. */
export class StopSignals {
  /** Resolves with the first signal. */
  readonly first: Promise<NodeJS.Signals>;

  /**
   * @param belongsToTerminal whether the end of the terminal ends the server too. Node undoes what `nohup` does, so a
   * server without any stream on a terminal is taken to be meant to survive it.
   * @param beforeExit runs when a second signal ends the process.
   */
  constructor(belongsToTerminal: boolean, beforeExit: () => void) {
    const hangUpEnds = belongsToTerminal && [0, 1, 2].some((descriptor) => isatty(descriptor));
    const signals = ['SIGTERM', 'SIGINT', ...(hangUpEnds ? (['SIGHUP'] as const) : [])] as const;
    if (!hangUpEnds) {
      process.on('SIGHUP', () => {});
    }
    this.first = new Promise((resolve) => {
      let count = 0;
      for (const signal of signals) {
        process.on(signal, () => {
          count += 1;
          if (count > 1) {
            beforeExit();
            process.exit(128 + constants.signals[signal]);
          }
          resolve(signal);
        });
      }
    });
  }
}
