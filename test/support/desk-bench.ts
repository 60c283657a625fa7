import type { VersionBatcher } from '../../src/batching/version-batcher.js';
import type { Desk, DeskParts } from '../../src/workers/desk.js';
import { LinkSession } from '../../src/workers/link-session.js';
import { FakeLink } from './fake-worker.js';

export interface DeskBench {
  readonly link: FakeLink;
  readonly desk: Desk;
  /** How often the desk gave its worker up. */
  overdue: number;
}

/** A desk between a batcher and a fake link, with a response timeout of 2 s. */
export function deskBench(make: (parts: DeskParts) => Desk, batcher: VersionBatcher): DeskBench {
  const link = new FakeLink(1);
  const bench: DeskBench = {
    link,
    overdue: 0,
    desk: make({
      link,
      batcher,
      responseTimeoutMs: 2000,
      events: {
        overdue: () => {
          bench.overdue += 1;
        },
        finished: () => {},
      },
    }),
  };
  new LinkSession(link, () => {}).desk = bench.desk;
  return bench;
}
