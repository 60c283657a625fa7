import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Batcher } from '../../../src/batching/batcher.js';
import { PendingRequest } from '../../../src/batching/pending-request.js';
import { ServingError } from '../../../src/errors/serving-error.js';
import { AsyncDesk } from '../../../src/workers/async-desk.js';
import { type DeskBench, deskBench } from '../../support/desk-bench.js';
import { inferenceInput } from '../../support/inference-input.js';

let batcher: Batcher;
let bench: DeskBench;

beforeEach(() => {
  vi.useFakeTimers();
  batcher = new Batcher({ batchSize: 1, maxDelayMs: 0, capacity: 3000 });
  bench = deskBench((parts) => new AsyncDesk(parts), batcher);
  bench.desk.open();
});
afterEach(() => {
  vi.useRealTimers();
});

const turn = () => vi.advanceTimersByTimeAsync(0);

function ask(): PendingRequest {
  const request = new PendingRequest(inferenceInput());
  request.answer.catch(() => {});
  expect(batcher.admit(request)).toBe(true);
  return request;
}

/** The worker answers the request that it was sent in this place. */
function answer(place: number): void {
  bench.link.batches.unshift(...bench.link.batches.splice(place, 1));
  bench.link.answer();
}

describe('requests', () => {
  it('are sent as they come, and answered in any order', async () => {
    const asked = [ask(), ask(), ask()];
    await turn();
    expect(bench.link.batches.map(({ requests }) => requests[0])).toEqual(asked);
    answer(1);
    await expect(asked[1]?.answer).resolves.toMatchObject({ status: 200 });
    expect(asked[0]?.state).toBe('dispatched');
  });

  it('beyond what a worker may hold wait their turn', async () => {
    for (let i = 0; i < 1030; i++) ask();
    await turn();
    expect(bench.link.batches.length).toBe(1024);
    answer(7);
    await turn();
    expect(bench.link.batches.length).toBe(1024);
    expect(batcher.pending).toBe(5);
  });

  it('whose callers have gone are cancelled', async () => {
    const [first, second] = [ask(), ask()];
    await turn();
    second.cancel();
    expect(bench.link.cancelled).toEqual([{ batchId: bench.link.batches[1]?.id, indices: [0] }]);
    expect(first.state).toBe('dispatched');
  });

  it('are all answered when the worker is lost', async () => {
    const asked = [ask(), ask()];
    await turn();
    bench.desk.lost(() => new ServingError('internal', 'Worker died.'));
    for (const request of asked) await expect(request.answer).rejects.toThrow('Worker died.');
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('the response timeout', () => {
  it('is of each request, and cancels it alone', async () => {
    const first = ask();
    await vi.advanceTimersByTimeAsync(1000);
    const second = ask();
    await vi.advanceTimersByTimeAsync(1000);
    await expect(first.answer).rejects.toMatchObject({
      kind: 'internal',
      message: 'The worker did not answer within 2 s (responseTimeout).',
    });
    expect(bench.link.cancelled).toEqual([{ batchId: bench.link.batches[0]?.id, indices: [0] }]);
    expect(second.state).toBe('dispatched');
    answer(0);
    await vi.advanceTimersByTimeAsync(999);
    expect(bench.overdue).toBe(0);
  });

  it('counts from the last piece', async () => {
    const request = ask();
    await vi.advanceTimersByTimeAsync(1500);
    const id = bench.link.batches[0]?.id ?? 0;
    bench.link.listener.piece(id, 0, { status: 0, phrase: '', headers: [], body: Buffer.from('x') });
    await vi.advanceTimersByTimeAsync(1999);
    const { rest } = await request.answer;
    await vi.advanceTimersByTimeAsync(1);
    await expect(
      (async () => {
        for await (const _ of rest ?? []);
      })(),
    ).rejects.toThrow('responseTimeout');
  });

  it('ends a worker that does not react', async () => {
    ask();
    await vi.advanceTimersByTimeAsync(3999);
    expect(bench.overdue).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(bench.overdue).toBe(1);
  });
});

describe('a worker that drains', () => {
  it('answers what it holds and takes nothing new', async () => {
    ask();
    await turn();
    const drained = bench.desk.drain();
    await turn();
    ask();
    await turn();
    expect(bench.link.batches.length).toBe(1);
    answer(0);
    await drained;
    expect(batcher.pending).toBe(1);
  });
});
