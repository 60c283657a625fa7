import type { CorePlan, Placement } from './core-plan.js';

/** What one worker may use of the machine's cores. */
export interface CpuAllotment {
  /** Threads of torch; 0 leaves torch's own choice. */
  readonly threads: number;
  /** null: anywhere. */
  readonly placement: Placement | null;
}

/** Someone whose torch threads are set: a worker on the CPU. */
export interface CpuShareMember {
  tune(allotment: CpuAllotment): void;
}

/**
 * Shares the machine's cores out among the workers that compute on them. Left alone, each worker's torch uses every
 * core, and two workers on two cores are slower together than one (docs/architecture.md has the figures). With a plan,
 * each worker is bound to cores of its own as well.
 */
export class CpuShare {
  readonly #cores: number;
  readonly #plan: CorePlan | null;
  #allotments: ReadonlyMap<CpuShareMember, CpuAllotment> = new Map();

  /**
   * @param cores how many there are; 0 leaves torch's own choice, as where the user set OMP_NUM_THREADS.
   * @param plan which cores each worker is bound to; null: none.
   */
  constructor(cores: number, plan: CorePlan | null = null) {
    this.#cores = cores;
    this.#plan = plan;
  }

  /** What a worker has now: at least 1 thread, or 0 where torch chooses. One that is no member is bound to nothing. */
  allotmentOf(member: CpuShareMember): CpuAllotment {
    return this.#allotments.get(member) ?? { threads: this.#threads(this.#allotments.size), placement: null };
  }

  join(member: CpuShareMember): void {
    this.#deal([...this.#allotments.keys(), member]);
  }

  leave(member: CpuShareMember): void {
    this.#deal([...this.#allotments.keys()].filter((other) => other !== member));
  }

  #deal(members: readonly CpuShareMember[]): void {
    const before = this.#allotments;
    const placements = this.#plan?.place(members.length) ?? [];
    this.#allotments = new Map(
      members.map((member, index) => {
        const place = placements[index] ?? null;
        return [member, { threads: this.#threads(members.length, place), placement: this.#plan?.pins ? place : null }];
      }),
    );
    for (const [member, allotment] of this.#allotments) {
      const had = before.get(member);
      if (had && !alike(had, allotment)) member.tune(allotment);
    }
  }

  #threads(members: number, placement: Placement | null = null): number {
    if (this.#cores === 0) return 0;
    return placement?.cpus.length ?? Math.max(1, Math.floor(this.#cores / Math.max(1, members)));
  }
}

function alike(one: CpuAllotment, other: CpuAllotment): boolean {
  return (
    one.threads === other.threads &&
    one.placement?.memoryNode === other.placement?.memoryNode &&
    one.placement?.cpus.join() === other.placement?.cpus.join()
  );
}
