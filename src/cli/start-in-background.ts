import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { Given } from '../config/given.js';
import { StartupError } from '../errors/startup-error.js';
import type { Announcement } from './background-server.js';

/**
 * Starts a server in a session of its own, which survives the terminal, and waits until it is up. It keeps this
 * command's standard output and error.
 * @throws StartupError with the server's reason where it does not come up.
 */
export async function startInBackground(given: Given): Promise<void> {
  const child = execa(process.execPath, [fileURLToPath(new URL('./background-server.js', import.meta.url))], {
    detached: true,
    cleanup: false,
    ipc: true,
    stdin: 'ignore',
    stdout: 'inherit',
    stderr: 'inherit',
    reject: false,
  });
  // Ctrl-C while it starts: it is in a session of its own and would not hear.
  const pass = (signal: NodeJS.Signals) => child.kill(signal);
  process.on('SIGINT', pass).on('SIGTERM', pass);
  await child.sendMessage({ ...given });
  const ended = child.then(({ exitCode, signal }): Announcement => {
    const how = signal === undefined ? `status ${exitCode}` : signal;
    return { kind: 'failed', reason: `The server ended with ${how} before it was up.` };
  });
  // No announcement comes from a server whose channel closes first.
  const announced = child.getOneMessage() as Promise<unknown> as Promise<Announcement>;
  const announcement = await announced.catch(() => ended);
  if (announcement.kind === 'failed') {
    await child;
    throw new StartupError(announcement.reason);
  }
  process.off('SIGINT', pass).off('SIGTERM', pass);
  child.disconnect();
  child.unref();
}
