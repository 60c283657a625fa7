import { beforeEach, describe, expect, it } from 'vitest';
import { PendingRequest } from '../../../../src/batching/pending-request.js';
import { type BatchResult, Code, type LinkListener } from '../../../../src/workers/link/worker-link.js';
import { RankLinks } from '../../../../src/workers/ranks/rank-links.js';
import { FakeLink } from '../../../support/fake-worker.js';
import { inferenceInput } from '../../../support/inference-input.js';

let ranks: [FakeLink, FakeLink];
let said: unknown[];

const listener: LinkListener = {
  loaded: ({ code, message }) => said.push(['loaded', code, message]),
  result: ({ batchId, code }: BatchResult) => said.push(['result', batchId, code]),
  piece: (batchId, index) => said.push(['piece', batchId, index]),
  metrics: (metrics) => said.push(['metrics', metrics.length]),
  closed: () => said.push(['closed']),
};

function together(inStep = true): RankLinks {
  const links = new RankLinks(ranks, inStep);
  links.listen(listener);
  return links;
}

const batch = (id: number) => ({ id, requests: [new PendingRequest(inferenceInput())] });

beforeEach(() => {
  ranks = [new FakeLink(70), new FakeLink(71)];
  said = [];
});

describe('the links of ranks that run each batch together', () => {
  it('are those of the first rank, to the eye', () => {
    expect(together().pid).toBe(70);
  });

  it('have loaded when each has', () => {
    together();
    ranks[0].listener.loaded({ code: Code.OK, message: 'of the first' });
    expect(said).toEqual([]);
    ranks[1].listener.loaded({ code: Code.OK, message: '' });
    expect(said).toEqual([['loaded', Code.OK, 'of the first']]);
  });

  it('have failed to load when one has, which is named', () => {
    together();
    ranks[1].listener.loaded({ code: Code.LOAD_FAILED, message: 'ValueError: no' });
    expect(said).toEqual([['loaded', Code.LOAD_FAILED, 'rank 1: ValueError: no']]);
  });

  it('tell each rank which GPU is its own, that it goes in step, and its share of the cores', () => {
    const links = together();
    links.load({ modelName: 'm', gpuId: 0 }, { threads: 5, placement: null });
    expect(ranks.map(({ loads }) => loads[0])).toEqual([
      { modelName: 'm', gpuId: 0, inStep: true, cpuThreads: 2 },
      { modelName: 'm', gpuId: 1, inStep: true, cpuThreads: 2 },
    ]);
    links.tune({ threads: 1, placement: null });
    expect(ranks.map(({ tuned }) => tuned)).toEqual([[1], [1]]);
    links.tune({ threads: 0, placement: null });
    expect(ranks.map(({ tuned }) => tuned.at(-1))).toEqual([0, 0]);
  });

  it('leave ranks on the CPU there', () => {
    together().load({ modelName: 'm', gpuId: -1 }, { threads: 0, placement: null });
    expect(ranks.map(({ loads }) => loads[0]?.gpuId)).toEqual([-1, -1]);
  });

  it.each([
    ['first', 0, 1],
    ['last', 1, 0],
  ] as const)('answer a batch when all are done with it, with the word of the first: which comes %s', (_, one, two) => {
    together().send([batch(4)]);
    const code = { 0: Code.OK, 1: Code.PREDICTION_FAILED };
    ranks[one].answer({ code: code[one] });
    expect(said).toEqual([]);
    ranks[two].answer({ code: code[two] });
    expect(said).toEqual([['result', 4, Code.OK]]);
  });

  it('keep batches apart that were sent ahead', () => {
    together().send([batch(4), batch(5)]);
    for (const _ of [4, 5]) ranks[0].answer();
    expect(said).toEqual([]);
    ranks[1].answer();
    expect(said).toEqual([['result', 4, Code.OK]]);
    ranks[1].answer();
    expect(said).toEqual([
      ['result', 4, Code.OK],
      ['result', 5, Code.OK],
    ]);
  });

  it('pass on pieces and metrics of the first alone', () => {
    together();
    const answer = { status: 0, phrase: '', headers: [], body: new Uint8Array() };
    for (const { listener: rank } of ranks) {
      rank.piece(1, 0, answer);
      rank.metrics([]);
    }
    expect(said).toEqual([
      ['piece', 1, 0],
      ['metrics', 0],
    ]);
  });

  it('tell the first alone that a caller has gone or read', () => {
    const links = together();
    links.cancel(1, [0]);
    links.acknowledge(1, 0, 9);
    expect(ranks.map(({ cancelled, acknowledged }) => [cancelled.length, acknowledged.length])).toEqual([
      [1, 1],
      [0, 0],
    ]);
  });

  it('are closed, once and for all, when one is', () => {
    const links = together();
    links.send([batch(4)]);
    ranks[1].close();
    ranks[0].answer({ code: Code.PREDICTION_FAILED });
    ranks[0].listener.loaded({ code: Code.OK, message: '' });
    ranks[0].close();
    expect(said).toEqual([['closed']]);
  });

  it('all hear that it is over', () => {
    const links = together();
    links.shutdown();
    expect(ranks.map(({ shutdowns }) => shutdowns)).toEqual([1, 1]);
    links.close();
    expect(said).toEqual([['closed']]);
  });
});

it('where the first rank calls upon the others, it alone gets batches, and may stop by itself', () => {
  const links = together(false);
  links.load({ modelName: 'm', gpuId: -1 }, { threads: 0, placement: null });
  expect(ranks.map(({ loads }) => loads[0]?.inStep)).toEqual([false, false]);
  links.send([batch(4)]);
  expect(ranks[1].batches).toEqual([]);
  ranks[0].answer();
  expect(said).toEqual([['result', 4, Code.OK]]);
});

it('cores that the worker is bound to are divided, or shared where they are too few', () => {
  const bound: unknown[] = [];
  for (const rank of ranks) rank.tune = ({ placement }) => bound.push(placement?.cpus);
  const links = together();
  links.tune({ threads: 3, placement: { cpus: [4, 5, 6], memoryNode: null } });
  links.tune({ threads: 1, placement: { cpus: [7], memoryNode: null } });
  expect(bound).toEqual([[4], [5, 6], [7], [7]]);
});
