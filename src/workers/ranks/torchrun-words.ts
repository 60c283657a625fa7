import type { RankPlan } from './rank-plan.js';

/**
 * The options of torchrun for one worker. On one machine the ranks meet at a free port of it, so that workers never get
 * into each other's way, whatever the model says; several machines meet as the model says. A rank that ends ends the
 * others, and nothing is started again here: the server starts the worker again.
 * @param run tells the worker's ranks from those of others where machines meet.
 * @param logFolder for what torchrun keeps while it runs.
 */
export function torchrunWords({ ranks, nodes, rendezvous }: RankPlan, run: string, logFolder: string): string[] {
  const meeting =
    nodes === 1
      ? { 'rdzv-backend': 'c10d', 'rdzv-endpoint': '127.0.0.1:0', 'local-addr': '127.0.0.1', 'rdzv-id': run }
      : { 'rdzv-id': run, ...rendezvous };
  const options = { nnodes: nodes, 'nproc-per-node': ranks, 'max-restarts': 0, 'log-dir': logFolder, ...meeting };
  return Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}=${value}`]));
}
