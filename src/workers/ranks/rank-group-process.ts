import { type Exit, exitOf, groupLeader, type WorkerProcess } from '../worker-process.js';

/**
 * torchrun and the ranks that it started, as one process. Each of them leads a process group of its own, which what its
 * handler starts belongs to. When torchrun has ended, so have the ranks, or the kernel ends them.
 */
export class RankGroupProcess implements WorkerProcess {
  readonly exited: Promise<Exit>;
  readonly #torchrun: WorkerProcess;
  #ranks: readonly WorkerProcess[] = [];

  /** @param lastWords what torchrun said at its end of why, or null. */
  constructor(torchrun: WorkerProcess, lastWords: () => string | null) {
    this.#torchrun = torchrun;
    this.exited = torchrun.exited.then((exit) => {
      const ending = exit.code !== null && exit.code > 128 ? exitOf(128 - exit.code) : exit;
      const reason = lastWords();
      return reason === null ? ending : { ...ending, reason };
    });
  }

  /** The first rank's, once it has dialled home. */
  get pid(): number {
    return this.pids[0] as number;
  }

  get pids(): readonly number[] {
    return [...this.#ranks, this.#torchrun].map(({ pid }) => pid);
  }

  /** The ranks have dialled home. @returns what leads the process group of each. */
  joined(pids: readonly number[]): readonly WorkerProcess[] {
    this.#ranks = pids.map((pid) => groupLeader(pid, this.exited));
    return this.#ranks;
  }

  /** torchrun first: it would report each rank as a failure. */
  kill(signal: 'SIGTERM' | 'SIGKILL'): void {
    for (const process of [this.#torchrun, ...this.#ranks]) process.kill(signal);
  }
}
