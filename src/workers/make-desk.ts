import { longestTimerMs } from '../batching/longest-timer.js';
import { AsyncDesk } from './async-desk.js';
import { BatchDesk } from './batch-desk.js';
import { ContinuousDesk } from './continuous-desk.js';
import type { Desk, DeskParts, Dispatch } from './desk.js';

/** The desk for one process of a worker; it does not pull yet. */
export function makeDesk(dispatch: Dispatch, { responseTimeoutMs, ...others }: DeskParts): Desk {
  const parts = { ...others, responseTimeoutMs: Math.min(responseTimeoutMs, longestTimerMs) };
  switch (dispatch.kind) {
    case 'steps':
      return new ContinuousDesk({ ...parts, slots: dispatch.slots });
    case 'flights':
      return new AsyncDesk(parts);
    case 'batches':
      return new BatchDesk(parts);
  }
}
