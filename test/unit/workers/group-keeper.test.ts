import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { GroupKeeper } from '../../../src/workers/group-keeper.js';
import type { Exit } from '../../../src/workers/worker-process.js';

const started: ChildProcess[] = [];
let keeper = new GroupKeeper();

/** A process that leads a group, as a spawned worker does; `exit` says when the server has seen its end. */
function leader() {
  const child = spawn('sleep', ['300'], { detached: true, stdio: 'ignore' });
  started.push(child);
  let exit: (how: Exit) => void = () => {};
  const exited = new Promise<Exit>((resolve) => {
    exit = resolve;
  });
  return { child, exit, pid: child.pid as number, exited };
}

const alive = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode === null && signalCode === null;

afterEach(() => {
  keeper.close();
  keeper = new GroupKeeper();
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

describe('a keeper of process groups', () => {
  it('kills those that are left when its server is gone', async () => {
    const [one, two] = [leader(), leader()];
    keeper.keep(one);
    keeper.keep(two);
    keeper.close();
    await Promise.all([once(one.child, 'exit'), once(two.child, 'exit')]);
    expect([one.child.signalCode, two.child.signalCode]).toEqual(['SIGKILL', 'SIGKILL']);
  });

  it('leaves those alone that have ended, since their number may be another process by now', async () => {
    const [gone, left] = [leader(), leader()];
    keeper.keep(gone);
    keeper.keep(left);
    gone.exit({ code: 0, signal: null });
    await gone.exited;
    keeper.close();
    await once(left.child, 'exit');
    expect(alive(gone.child)).toBe(true);
  });
});
