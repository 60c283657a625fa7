import { longestTimerMs } from '../batching/longest-timer.js';

/** What an answer is written to, as far as waiting for its reader needs it. */
export interface Drainable {
  on(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
}

/**
 * Waits until the reader of an answer takes more, or is gone: until one of the events.
 * @param stallMs How long it may take nothing, in ms; 0: for ever.
 * @returns false where it took nothing for so long.
 */
export function drained(sink: Drainable, events: readonly string[], stallMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (took: boolean): void => {
      clearTimeout(timer);
      for (const event of events) sink.off(event, take);
      resolve(took);
    };
    const take = (): void => settle(true);
    const timer = stallMs > 0 ? setTimeout(settle, Math.min(stallMs, longestTimerMs), false) : undefined;
    for (const event of events) sink.on(event, take);
  });
}
