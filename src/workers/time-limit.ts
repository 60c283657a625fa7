import { longestTimerMs } from '../batching/longest-timer.js';

/** A wait with an end, whose timer can be taken back. */
export interface TimeLimit<T> extends Promise<T | 'timed out'> {
  cancel(): void;
}

/**
 * Waits for a promise, but no longer than `ms`. The timer is gone as soon as either has happened, so that nothing keeps
 * the process alive.
 */
export function timeLimit<T>(wait: Promise<T> | undefined, ms: number): TimeLimit<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'timed out'>((resolve) => {
    timer = setTimeout(() => resolve('timed out'), Math.min(ms, longestTimerMs));
  });
  const cancel = (): void => clearTimeout(timer);
  const either = Promise.race([wait ?? Promise.resolve(undefined as T), late]).finally(cancel);
  return Object.assign(either, { cancel });
}
