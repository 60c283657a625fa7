import { constants } from 'node:os';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** The signals that end the server: the first in good order, the second at once. */
export class StopSignals {
  /** Resolves with the first signal. */
  readonly first: Promise<NodeJS.Signals>;

  /** @param beforeExit runs when a second signal ends the process. */
  constructor(beforeExit: () => void) {
    this.first = new Promise((resolve) => {
      let count = 0;
      for (const signal of SIGNALS) {
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
