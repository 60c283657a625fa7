import type { Given } from '../config/given.js';
import { serve } from './serve.js';

/** What a server in the background tells the command that started it. */
export type Announcement = { readonly kind: 'ready' } | { readonly kind: 'failed'; readonly reason: string };

/** What to serve; null where the command ended before it said so. */
function order(): Promise<Given | null> {
  return new Promise((resolve) => {
    process.once('message', (given) => resolve(given as Given));
    if (process.connected) process.once('disconnect', () => resolve(null));
    else resolve(null);
  });
}

/** Resolves once it is sent, whether or not the command still listens. */
function tell(announcement: Announcement): Promise<void> {
  return new Promise((resolve) => {
    if (process.send) process.send(announcement, undefined, undefined, () => resolve());
    else resolve();
  });
}

// A program of its own: started by background-process.ts, detached from the terminal, told what to do over IPC.
const given = await order();
process.exit(
  given === null
    ? 0
    : await serve(given, {
        foreground: false,
        ready: () => tell({ kind: 'ready' }),
        failed: (reason) => tell({ kind: 'failed', reason }),
      }),
);
