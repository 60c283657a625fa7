import { getOneMessage, sendMessage } from 'execa';
import type { Given } from '../config/given.js';
import { serve } from './serve.js';

/** What a server in the background tells the command that started it. */
export type Announcement = { readonly kind: 'ready' } | { readonly kind: 'failed'; readonly reason: string };

/** Sends without caring whether the command still listens. */
async function tell(announcement: Announcement): Promise<void> {
  await sendMessage(announcement).catch(() => {});
}

// A program of its own: started by start-in-background.ts, detached from the terminal, told what to do over IPC.
const given = (await getOneMessage()) as Given;
process.exit(
  await serve(given, {
    foreground: false,
    ready: () => tell({ kind: 'ready' }),
    failed: (reason) => tell({ kind: 'failed', reason }),
  }),
);
