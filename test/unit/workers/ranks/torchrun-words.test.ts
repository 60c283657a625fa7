import { expect, it } from 'vitest';
import type { RankPlan } from '../../../../src/workers/ranks/rank-plan.js';
import { rankPlan } from '../../../../src/workers/ranks/rank-plan.js';
import { torchrunWords } from '../../../../src/workers/ranks/torchrun-words.js';

const words = (plan: Partial<RankPlan>) =>
  torchrunWords(
    { ranks: 4, inStep: true, nodes: 1, threads: null, rendezvous: { 'rdzv-backend': 'c10d' }, ...plan },
    '29500',
    '/run/x',
  );

it('ranks of one machine meet at a free port of it, whatever the model says', () => {
  const meeting = { 'rdzv-backend': 'etcd', 'rdzv-endpoint': 'localhost:29400', 'rdzv-id': 'mine' };
  expect(words({ rendezvous: meeting })).toEqual([
    '--nnodes=1',
    '--nproc-per-node=4',
    '--max-restarts=0',
    '--log-dir=/run/x',
    '--rdzv-backend=c10d',
    '--rdzv-endpoint=127.0.0.1:0',
    '--local-addr=127.0.0.1',
    '--rdzv-id=29500',
  ]);
});

it('those of several meet as the model says', () => {
  const meeting = { 'rdzv-backend': 'static', 'master-addr': 'head', 'node-rank': 1, 'rdzv-endpoint': undefined };
  expect(words({ nodes: 2, rendezvous: meeting }).slice(4)).toEqual([
    '--rdzv-id=29500',
    '--rdzv-backend=static',
    '--master-addr=head',
    '--node-rank=1',
  ]);
});

it.each([
  ['', 2, null],
  ['custom', 2, null],
  ['tp', 0, null],
  ['tp', 2, { ranks: 2, inStep: true }],
  ['pptp', 4, { ranks: 4, inStep: true }],
  ['pp', 2, { ranks: 2, inStep: false }],
])('parallelType "%s" with parallelLevel %i makes a worker of these ranks: %j', (parallelType, parallelLevel, plan) => {
  const made = rankPlan({ parallelType, parallelLevel, torchrun: null });
  expect(made).toEqual(plan && { ...plan, nodes: 1, threads: null, rendezvous: { 'rdzv-backend': 'c10d' } });
});
