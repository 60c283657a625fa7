import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import type { WorkerProcess } from './worker-process.js';

/** Keeps a list of process groups from `keep 1` and `drop 1`, a line each; kills those on it when its input ends. */
const script = `
kept=
while read -r word group; do
  rest=
  for each in $kept; do [ "$each" = "$group" ] || rest="$rest $each"; done
  kept=$rest
  [ "$word" = keep ] && kept="$kept $group"
done
for group in $kept; do kill -s KILL -- "-$group" 2>/dev/null; done
`;

/**
 * Ends process groups when this server ends in a way that lets it end nothing by itself, such as SIGKILL. A worker has
 * the kernel's parent-death signal; what its handler started has not. It is a shell in a session of its own, started
 * with the first group and again if somebody killed it, and goes when its standard input closes.
 */
export class GroupKeeper {
  readonly #groups = new Set<number>();
  #input: Writable | null = null;

  /** Keeps the group that a process leads, until the process is gone and its group has been ended by who watched it. */
  keep({ pid, exited }: Pick<WorkerProcess, 'pid' | 'exited'>): void {
    this.#groups.add(pid);
    this.#say(`keep ${pid}\n`);
    void exited.then(() => {
      this.#groups.delete(pid);
      this.#say(`drop ${pid}\n`);
    });
  }

  /** Lets it go; what it still keeps is killed. */
  close(): void {
    this.#input?.end();
    this.#input = null;
  }

  #say(line: string): void {
    if (this.#input) this.#input.write(line);
    else if (this.#groups.size > 0) this.#start();
  }

  #start(): void {
    const shell = spawn('/bin/sh', ['-c', script], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
    const { stdin } = shell;
    const lost = (): void => {
      if (this.#input === stdin) this.#input = null;
    };
    shell.on('error', lost).on('exit', lost);
    stdin.on('error', lost);
    this.#input = stdin;
    for (const group of this.#groups) stdin.write(`keep ${group}\n`);
  }
}
