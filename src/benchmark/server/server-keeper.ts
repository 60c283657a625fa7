/**
 * The owner of one server, a process of its own: starts it in the foreground, and ends it when told to or when whoever
 * asked for it is gone, in whatever way.
 */
import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { processTree } from '../sampling/process-tree.js';

/** What the keeper is to start. */
export interface KeeperOrder {
  readonly command: string;
  readonly args: readonly string[];
  readonly stopArgs: readonly string[];
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  /** Where all that the server prints goes. */
  readonly console: string;
}

/** What the keeper tells: the server's process id, or that the server ended. */
export type KeeperMessage =
  | { readonly kind: 'started'; readonly pid: number }
  | { readonly kind: 'ended'; readonly how: string };

const tell = (message: KeeperMessage, then: () => void = () => {}) =>
  process.connected ? process.send?.(message, () => then()) : then();

process.once('message', (order: KeeperOrder) => {
  const console = openSync(order.console, 'a');
  const place = { cwd: order.folder, env: order.env };
  const server = spawn(order.command, order.args, { ...place, stdio: ['ignore', console, console] });
  const ended = new Promise<string>((resolve) => {
    server.once('error', (error) => resolve(error.message));
    server.once('exit', (code, signal) => resolve(signal ?? `status ${code}`));
  });
  let stopping: Promise<void> | null = null;
  const stop = async (): Promise<void> => {
    const family = () => (server.pid === undefined ? [] : processTree(server.pid).map(({ pid }) => pid));
    // Whoever loses its parent on the way is known from before.
    const known = new Set(family());
    const asked = spawn(order.command, order.stopArgs, { ...place, stdio: 'ignore' });
    await Promise.race([
      new Promise((done) => asked.once('exit', done)),
      ended,
      sleep(20_000, undefined, { ref: false }),
    ]);
    for (const pid of family()) known.add(pid);
    const deadline = Date.now() + 15_000;
    while ([...known].some(lives) && Date.now() < deadline) await sleep(50);
    for (const pid of known) if (lives(pid)) process.kill(pid, 'SIGKILL');
    asked.kill('SIGKILL');
  };
  const end = () => {
    stopping ??= stop();
    void stopping.then(() => process.exit(0));
  };
  if (server.pid !== undefined) tell({ kind: 'started', pid: server.pid });
  void ended.then((how) => {
    if (stopping === null) tell({ kind: 'ended', how }, () => process.exit(1));
  });
  process.on('disconnect', end);
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
});

function lives(pid: number): boolean {
  return processTree(pid).length > 0;
}
