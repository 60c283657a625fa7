import type { Expected, LinkServer } from '../link/link-server.js';
import type { LaunchOrder, WorkerProcess } from '../worker-process.js';
import type { RankGroupProcess } from './rank-group-process.js';
import { RankLinks } from './rank-links.js';
import type { RankPlan } from './rank-plan.js';
import type { TorchrunLauncher } from './torchrun-launcher.js';

/** What rank groups run on. */
export interface RankGroupParts {
  readonly torchrun: TorchrunLauncher;
  readonly links: Pick<LinkServer, 'target' | 'expectRanks'>;
}

/**
 * One worker of several processes: what starts it and what it dials home to, in the place of the launcher and the links
 * of a worker that is one process. Its ranks start together, load together and end together.
 */
export class RankGroup {
  readonly #plan: RankPlan;
  readonly #parts: RankGroupParts;
  #process: RankGroupProcess | null = null;

  constructor(plan: RankPlan, parts: RankGroupParts) {
    this.#plan = plan;
    this.#parts = parts;
  }

  get target(): string {
    return this.#parts.links.target;
  }

  /** The link comes when every rank has said Hello. */
  expect(workerId: string): Expected {
    const { token, links, forget } = this.#parts.links.expectRanks(workerId, this.#plan.ranks);
    const link = links.then((ranks) => {
      // Before any of them loads, so that nothing that a handler starts goes unseen.
      if (this.#process)
        this.#parts.torchrun.joined(
          this.#process,
          ranks.map(({ pid }) => pid),
        );
      return new RankLinks(ranks, this.#plan.inStep);
    });
    return { token, link, forget };
  }

  async launch(order: LaunchOrder): Promise<WorkerProcess> {
    this.#process = await this.#parts.torchrun.launch(order, this.#plan);
    return this.#process;
  }
}
