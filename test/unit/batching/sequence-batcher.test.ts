import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PendingRequest } from '../../../src/batching/pending-request.js';
import { SequenceBatcher, type SequenceBatcherOptions } from '../../../src/batching/sequence-batcher.js';
import { ServingError } from '../../../src/errors/serving-error.js';
import { inferenceInput } from '../../support/inference-input.js';
import { RecordingTaker } from '../../support/recording-taker.js';
import { sequenceHeaders as names } from '../../support/version-settings.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function batcherOf(options: Partial<SequenceBatcherOptions> = {}): SequenceBatcher {
  return new SequenceBatcher({
    headers: names,
    batchSize: 4,
    maxDelayMs: 0,
    maxSequences: 4,
    maxQueued: 4,
    capacity: 100,
    overlaps: false,
    maxIdleMs: 1000,
    timeoutMs: 0,
    placesEach: () => 4,
    ...options,
  });
}

interface Words {
  readonly start?: boolean;
  readonly end?: boolean;
  readonly alone?: boolean;
}

function requestOf(id: string, { start, end, alone = false }: Words = {}): PendingRequest {
  const headers = [names.id, id, ...(start ? [names.start, 'True'] : []), ...(end ? [names.end, 'true'] : [])];
  const request = new PendingRequest({ ...inferenceInput(), headers }, { alone });
  request.answer.catch(() => {});
  return request;
}

function admitted(batcher: SequenceBatcher, id: string, words?: Words): PendingRequest {
  const request = requestOf(id, words);
  expect(batcher.admit(request)).toBe(true);
  return request;
}

/** The worker answers what it was given last, and has room again. */
function answer(batcher: SequenceBatcher, taker: RecordingTaker, headers: string[] = []): void {
  const batch = taker.batches.at(-1) as PendingRequest[];
  for (const request of batch) request.settle({ status: 200, phrase: '', headers, body: Buffer.alloc(0) });
  batcher.answered(batch, [{ headers }], 'done');
  batcher.want(taker, 'idle');
}

const died = (): ServingError => new ServingError('outOfMemory', 'Worker died.');

describe('a batch', () => {
  it('has at most one request of each sequence, in the order of the sequence', () => {
    const batcher = batcherOf();
    const [a1, a2, b1, a3] = ['a', 'a', 'b', 'a'].map((id) => admitted(batcher, id));
    const taker = new RecordingTaker();
    batcher.want(taker, 'idle');
    answer(batcher, taker);
    answer(batcher, taker);
    expect(taker.batches).toEqual([[a1, b1], [a2], [a3]]);
  });

  it('waits for company until its window has passed, and goes at once when it is full', () => {
    const batcher = batcherOf({ maxDelayMs: 100, batchSize: 2 });
    const taker = new RecordingTaker();
    batcher.want(taker, 'idle');
    const alone = admitted(batcher, 'a');
    vi.advanceTimersByTime(99);
    expect(taker.batches).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(taker.batches).toEqual([[alone]]);
    answer(batcher, taker);
    const both = [admitted(batcher, 'a'), admitted(batcher, 'b')];
    expect(taker.batches[1]).toEqual(both);
  });

  it('takes first what came first, be its sequence new or old', () => {
    const batcher = batcherOf({ batchSize: 1 });
    const [a1, b1, a2, b2] = ['a', 'b', 'a', 'b'].map((id) => {
      vi.advanceTimersByTime(1);
      return admitted(batcher, id);
    });
    const taker = new RecordingTaker();
    batcher.want(taker, 'idle');
    for (let i = 0; i < 3; i++) answer(batcher, taker);
    expect(taker.batches.flat()).toEqual([a1, b1, a2, b2]);
  });

  it('holds a further request of a sequence that streams where they may overlap, one a step', () => {
    const batcher = batcherOf({ overlaps: true });
    const taker = new RecordingTaker();
    const [a1, a2, a3] = ['a', 'a', 'a'].map((id) => admitted(batcher, id));
    expect(batcher.join(taker, 4)).toEqual([a1]);
    expect(batcher.join(taker, 4)).toEqual([a2]);
    expect(batcher.join(taker, 0)).toEqual([]);
    expect(batcher.join(taker, 4)).toEqual([a3]);
  });

  it('that is sent ahead has none of the sequences that the worker has in hand', () => {
    const batcher = batcherOf();
    const [a1, a2] = [admitted(batcher, 'a'), admitted(batcher, 'a')];
    const taker = new RecordingTaker();
    batcher.want(taker, 'idle');
    batcher.want(taker, 'ahead');
    const b = admitted(batcher, 'b');
    batcher.want(taker, 'ahead');
    expect(taker.batches).toEqual([[a1], [b]]);
    batcher.answered([a1], [], 'done');
    expect(taker.batches).toEqual([[a1], [b], [a2]]);
  });

  it('has a describe by itself', () => {
    const batcher = batcherOf();
    const request = admitted(batcher, 'a');
    const describing = new PendingRequest(inferenceInput(), { alone: true });
    expect(batcher.admit(describing)).toBe(true);
    const taker = new RecordingTaker();
    batcher.want(taker, 'idle');
    answer(batcher, taker);
    expect(taker.batches).toEqual([[describing], [request]]);
  });
});

describe('a sequence', () => {
  it('stays with its worker, and new ones go to the worker that has the fewest', () => {
    const batcher = batcherOf({ batchSize: 1, placesEach: () => 2 });
    const [one, two] = [new RecordingTaker(), new RecordingTaker()];
    batcher.want(one, 'idle');
    batcher.want(two, 'idle');
    admitted(batcher, 'a');
    admitted(batcher, 'b');
    answer(batcher, one);
    answer(batcher, two);
    const again = [admitted(batcher, 'a'), admitted(batcher, 'b')];
    expect([one.batches[1], two.batches[1]]).toEqual(again.map((request) => [request]));
  });

  it('shares a worker with others as fairly as a burst of new ones allows', () => {
    const batcher = batcherOf({ maxDelayMs: 10 });
    const [one, two] = [new RecordingTaker(), new RecordingTaker()];
    batcher.want(one, 'idle');
    batcher.want(two, 'idle');
    for (const id of ['a', 'b', 'c', 'd']) admitted(batcher, id);
    vi.advanceTimersByTime(10);
    expect([one.sizes, two.sizes]).toEqual([[2], [2]]);
  });

  it('waits while the workers that have room hold as many as they may', () => {
    const batcher = batcherOf({ placesEach: () => 1 });
    const [one, two] = [new RecordingTaker(), new RecordingTaker()];
    batcher.want(one, 'idle');
    admitted(batcher, 'a');
    answer(batcher, one);
    const b = admitted(batcher, 'b');
    expect(one.batches.length).toBe(1);
    batcher.want(two, 'idle');
    expect(two.batches).toEqual([[b]]);
  });

  it('has a bounded queue, and their number has a bound', () => {
    const batcher = batcherOf({ maxSequences: 2, maxQueued: 1 });
    const taker = new RecordingTaker();
    batcher.want(taker, 'idle');
    admitted(batcher, 'a');
    admitted(batcher, 'a');
    expect(batcher.admit(requestOf('a'))).toBe(false);
    admitted(batcher, 'b');
    expect(batcher.admit(requestOf('c'))).toBe(false);
    expect(batcher.pending).toBe(2);
    expect(batcher.remainingCapacity).toBe(0);
  });

  it('ends when it has been idle for long enough, and not while a worker has a request of it', async () => {
    const batcher = batcherOf({ maxSequences: 1, maxIdleMs: 1000 });
    const taker = new RecordingTaker();
    batcher.want(taker, 'idle');
    admitted(batcher, 'a');
    vi.advanceTimersByTime(5000);
    expect(batcher.admit(requestOf('b'))).toBe(false);
    answer(batcher, taker);
    vi.advanceTimersByTime(999);
    expect(batcher.admit(requestOf('b'))).toBe(false);
    vi.advanceTimersByTime(1001);
    admitted(batcher, 'b');
    expect(batcher.admit(requestOf('a'))).toBe(false);
  });

  it('ends at its age, and what waits is told so', async () => {
    const batcher = batcherOf({ timeoutMs: 3000, maxIdleMs: 0 });
    const waiting = admitted(batcher, 'a');
    vi.advanceTimersByTime(3000);
    await expect(waiting.answer).rejects.toMatchObject({
      kind: 'unavailable',
      message: 'The sequence "a" has ended: it is older than 3000 ms (sequenceTimeoutMSec). Start it anew.',
    });
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    ['the client says so', { end: true }, []],
    ['the handler names it in its answer', {}, [names.end, 'x; a ']],
  ])('ends when %s', async (_name, words, headers) => {
    const batcher = batcherOf({ maxSequences: 1 });
    const taker = new RecordingTaker();
    batcher.want(taker, 'idle');
    admitted(batcher, 'a', words);
    const waiting = admitted(batcher, 'a');
    answer(batcher, taker, headers);
    await expect(waiting.answer).rejects.toThrow('The sequence "a" has ended: it was ');
    admitted(batcher, 'b');
  });

  it('may have an id of 1024 characters and no more', () => {
    const batcher = batcherOf();
    admitted(batcher, 'x'.repeat(1024));
    expect(() => batcher.admit(requestOf('x'.repeat(1025)))).toThrow(
      'A sequence id has at most 1024 characters, this one 1025.',
    );
  });
});

describe('the death of a worker', () => {
  it('ends its sequences: in hand, waiting, and when they are asked for again', async () => {
    const batcher = batcherOf();
    const [one, two] = [new RecordingTaker(), new RecordingTaker()];
    batcher.want(one, 'idle');
    const [inHand, waiting] = [admitted(batcher, 'a'), admitted(batcher, 'a')];
    batcher.want(two, 'idle');
    admitted(batcher, 'b');
    batcher.lost(one, one.batches.flat(), [], died);
    await expect(inHand.answer).rejects.toMatchObject({
      kind: 'outOfMemory',
      message: 'Worker died. The sequence "a" has ended with it. Start it anew.',
    });
    const gone = 'The sequence "a" has ended: the worker that held it is gone. Start it anew.';
    await expect(waiting.answer).rejects.toMatchObject({ kind: 'unavailable', message: gone });
    expect(() => batcher.admit(requestOf('a'))).toThrow(gone);
    admitted(batcher, 'b');
    const anew = admitted(batcher, 'a', { start: true });
    admitted(batcher, 'a');
    answer(batcher, two);
    expect(two.batches[1]).toContain(anew);
  });

  it('is remembered as long as an idle sequence would be', () => {
    const batcher = batcherOf({ maxIdleMs: 1000 });
    const taker = new RecordingTaker();
    batcher.want(taker, 'idle');
    admitted(batcher, 'a');
    batcher.lost(taker, taker.batches.flat(), [], died);
    vi.advanceTimersByTime(999);
    expect(() => batcher.admit(requestOf('a'))).toThrow('the worker that held it is gone');
    vi.advanceTimersByTime(1);
    admitted(batcher, 'a');
  });

  it('leaves the requests of unplaced sequences to the next worker', () => {
    const batcher = batcherOf();
    const waiting = admitted(batcher, 'a');
    batcher.lost(new RecordingTaker(), [], [], died);
    const taker = new RecordingTaker();
    batcher.want(taker, 'idle');
    expect(taker.batches).toEqual([[waiting]]);
  });
});

describe('a worker that will stop', () => {
  it('serves what waits for it, takes nothing new, and then its sequences end', async () => {
    const batcher = batcherOf();
    const taker = new RecordingTaker();
    batcher.want(taker, 'idle');
    admitted(batcher, 'a');
    const waiting = admitted(batcher, 'a');
    let retired = false;
    const retiring = batcher.retire(taker).then(() => {
      retired = true;
    });
    expect(() => batcher.admit(requestOf('a'))).toThrow('the worker that held it is gone');
    admitted(batcher, 'b');
    await vi.advanceTimersByTimeAsync(0);
    expect(retired).toBe(false);
    answer(batcher, taker);
    expect(taker.batches[1]).toEqual([waiting]);
    await retiring;
  });
});

describe('the end', () => {
  it('answers all that wait, and leaves no timer', async () => {
    const batcher = batcherOf();
    const waiting = [admitted(batcher, 'a'), admitted(batcher, 'b')];
    const drained = batcher.drained();
    batcher.failAll(() => new ServingError('unavailable', 'closing'));
    await drained;
    for (const request of waiting) await expect(request.answer).rejects.toThrow('closing');
    expect(batcher.pending).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('does not count callers that left', async () => {
    const batcher = batcherOf();
    const [leaves, stays] = [admitted(batcher, 'a'), admitted(batcher, 'a')];
    leaves.cancel();
    expect(batcher.pending).toBe(1);
    const taker = new RecordingTaker();
    batcher.want(taker, 'idle');
    expect(taker.batches).toEqual([[stays]]);
  });
});
