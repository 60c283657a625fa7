/** Someone whose torch threads are set: a worker on the CPU. */
export interface CpuShareMember {
  tune(threads: number): void;
}

/**
 * Shares the machine's cores out among the workers that compute on them. Left alone, each worker's torch uses every
 * core, and two workers on two cores are slower together than one (docs/architecture.md has the figures).
 */
export class CpuShare {
  readonly #cores: number;
  readonly #members = new Set<CpuShareMember>();

  /** @param cores how many there are; 0 leaves torch's own choice, as where the user set OMP_NUM_THREADS. */
  constructor(cores: number) {
    this.#cores = cores;
  }

  /** Threads for each member: at least 1, or 0 where torch chooses. */
  get threads(): number {
    if (this.#cores === 0) return 0;
    return Math.max(1, Math.floor(this.#cores / Math.max(1, this.#members.size)));
  }

  join(member: CpuShareMember): void {
    this.#change(() => this.#members.add(member));
  }

  leave(member: CpuShareMember): void {
    this.#change(() => this.#members.delete(member));
  }

  #change(apply: () => void): void {
    const before = this.threads;
    apply();
    const threads = this.threads;
    if (threads !== before) for (const member of this.#members) member.tune(threads);
  }
}
