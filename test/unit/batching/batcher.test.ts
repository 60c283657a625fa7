import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Batcher, type BatcherOptions } from '../../../src/batching/batcher.js';
import { PendingRequest } from '../../../src/batching/pending-request.js';
import { ServingError } from '../../../src/errors/serving-error.js';
import { inferenceInput } from '../../support/inference-input.js';
import { RecordingTaker } from '../../support/recording-taker.js';

function batcherOf(options: Partial<BatcherOptions>): Batcher {
  return new Batcher({ batchSize: 4, maxDelayMs: 100, capacity: 100, ...options });
}

function admitted(batcher: Batcher, options: ConstructorParameters<typeof PendingRequest>[1] = {}): PendingRequest {
  const request = new PendingRequest(inferenceInput(), options);
  request.answer.catch(() => {});
  expect(batcher.admit(request)).toBe(true);
  return request;
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the window', () => {
  it('sends a full batch at once', () => {
    const batcher = batcherOf({});
    const taker = new RecordingTaker();
    batcher.want(taker, 'idle');
    for (let i = 0; i < 4; i++) admitted(batcher);
    expect(taker.sizes).toEqual([4]);
  });

  it('sends a lone request when the delay after its arrival has passed', () => {
    const batcher = batcherOf({});
    const taker = new RecordingTaker();
    batcher.want(taker, 'idle');
    admitted(batcher);
    vi.advanceTimersByTime(99);
    expect(taker.sizes).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(taker.sizes).toEqual([1]);
  });

  it('opens at the first request, not when a worker becomes free', () => {
    const batcher = batcherOf({});
    const taker = new RecordingTaker();
    admitted(batcher);
    vi.advanceTimersByTime(60);
    batcher.want(taker, 'idle');
    vi.advanceTimersByTime(39);
    expect(taker.sizes).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(taker.sizes).toEqual([1]);
  });

  it('is over for requests that waited longer than it for a worker', () => {
    const batcher = batcherOf({});
    admitted(batcher);
    admitted(batcher);
    vi.advanceTimersByTime(500);
    const taker = new RecordingTaker();
    batcher.want(taker, 'idle');
    expect(taker.sizes).toEqual([2]);
  });

  it('begins anew with the first request of the next batch', () => {
    const batcher = batcherOf({ batchSize: 2 });
    const [first, second] = [new RecordingTaker(), new RecordingTaker()];
    batcher.want(first, 'idle');
    batcher.want(second, 'idle');
    admitted(batcher);
    vi.advanceTimersByTime(50);
    admitted(batcher);
    admitted(batcher);
    expect(first.sizes).toEqual([2]);
    vi.advanceTimersByTime(99);
    expect(second.sizes).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(second.sizes).toEqual([1]);
  });

  it('does not exist where batches have one request', () => {
    const batcher = batcherOf({ batchSize: 1 });
    const taker = new RecordingTaker();
    batcher.want(taker, 'idle');
    admitted(batcher);
    expect(taker.sizes).toEqual([1]);
  });
});

describe('without a window', () => {
  it('sends a lone request to an idle worker at once', () => {
    const batcher = batcherOf({ policy: 'eager' });
    const taker = new RecordingTaker();
    batcher.want(taker, 'idle');
    admitted(batcher);
    expect(taker.sizes).toEqual([1]);
  });

  it('lets a batch grow while all workers are busy, however long', () => {
    const batcher = batcherOf({ policy: 'eager' });
    const taker = new RecordingTaker();
    for (let i = 0; i < 3; i++) admitted(batcher);
    vi.advanceTimersByTime(10_000);
    batcher.want(taker, 'idle');
    expect(taker.sizes).toEqual([3]);
  });

  it('sends a busy worker full batches only', () => {
    const batcher = batcherOf({ policy: 'eager' });
    const taker = new RecordingTaker();
    batcher.want(taker, 'ahead');
    for (let i = 0; i < 3; i++) admitted(batcher);
    vi.advanceTimersByTime(10_000);
    expect(taker.sizes).toEqual([]);
    admitted(batcher);
    expect(taker.sizes).toEqual([4]);
    admitted(batcher);
    batcher.want(taker, 'idle');
    expect(taker.sizes).toEqual([4, 1]);
  });
});

describe('who gets a batch', () => {
  it('is the worker that has been idle longest, and a busy one only when none is idle', () => {
    const batcher = batcherOf({ batchSize: 1 });
    const [ahead, early, late] = [new RecordingTaker(), new RecordingTaker(), new RecordingTaker()];
    batcher.want(ahead, 'ahead');
    batcher.want(early, 'idle');
    batcher.want(late, 'idle');
    for (let i = 0; i < 3; i++) admitted(batcher);
    expect([early.sizes, late.sizes, ahead.sizes]).toEqual([[1], [1], [1]]);
    expect(early.batches[0]?.[0]?.arrivedAt).toBeLessThanOrEqual(late.batches[0]?.[0]?.arrivedAt as number);
  });

  it('is one that will be done soon only where the batch is full and nobody else is at work', () => {
    const batcher = batcherOf({ batchSize: 2 });
    const [busy, other] = [new RecordingTaker(), new RecordingTaker()];
    batcher.want(busy, 'idle');
    for (let i = 0; i < 3; i++) admitted(batcher);
    batcher.want(busy, 'soon');
    expect(busy.sizes).toEqual([2]);
    admitted(batcher);
    expect(busy.sizes).toEqual([2, 2]);
    batcher.want(other, 'idle');
    for (let i = 0; i < 4; i++) admitted(batcher);
    batcher.want(busy, 'soon');
    expect([busy.sizes, other.sizes]).toEqual([[2, 2], [2]]);
    batcher.lost(other, [], [], () => new ServingError('internal', 'gone'));
    expect(busy.sizes).toEqual([2, 2, 2]);
  });

  it('is nobody who no longer wants one', () => {
    const batcher = batcherOf({ batchSize: 1 });
    const taker = new RecordingTaker();
    batcher.want(taker, 'idle');
    batcher.unwant(taker);
    admitted(batcher);
    expect(taker.sizes).toEqual([]);
    expect(batcher.pending).toBe(1);
  });
});

describe('the queue limit', () => {
  it('counts what waits beyond the room of idle workers', () => {
    const batcher = batcherOf({ batchSize: 1, capacity: 2 });
    batcher.want(new RecordingTaker(), 'idle');
    for (let i = 0; i < 3; i++) admitted(batcher);
    expect(batcher.admit(new PendingRequest(inferenceInput()))).toBe(false);
    expect(batcher.pending).toBe(2);
    expect(batcher.remainingCapacity).toBe(0);
  });

  it('leaves a batch that is being gathered for an idle worker out', () => {
    const batcher = batcherOf({ batchSize: 4, capacity: 1 });
    batcher.want(new RecordingTaker(), 'idle');
    for (let i = 0; i < 3; i++) admitted(batcher);
    expect(batcher.remainingCapacity).toBe(1);
  });

  it('makes room when a caller leaves', async () => {
    const batcher = batcherOf({ capacity: 1 });
    const leaving = admitted(batcher);
    expect(batcher.admit(new PendingRequest(inferenceInput()))).toBe(false);
    leaving.cancel();
    await expect(leaving.answer).rejects.toThrow(ServingError);
    const staying = admitted(batcher);
    const taker = new RecordingTaker();
    batcher.want(taker, 'idle');
    vi.advanceTimersByTime(100);
    expect(taker.batches).toEqual([[staying]]);
  });
});

describe('job tickets', () => {
  it('admit one request for each worker that has nothing to do, and none without', () => {
    const batcher = batcherOf({ batchSize: 4, ticketed: true });
    expect(batcher.admit(new PendingRequest(inferenceInput()))).toBe(false);
    const [first, second] = [new RecordingTaker(), new RecordingTaker()];
    batcher.want(first, 'idle');
    batcher.want(second, 'idle');
    admitted(batcher);
    admitted(batcher);
    expect(batcher.admit(new PendingRequest(inferenceInput()))).toBe(false);
    vi.advanceTimersByTime(100);
    expect(batcher.admit(new PendingRequest(inferenceInput()))).toBe(true);
  });
});

describe('requests that travel alone', () => {
  it('go at once and share their batch with nobody', () => {
    const batcher = batcherOf({});
    const before = admitted(batcher);
    const alone = admitted(batcher, { alone: true });
    const after = admitted(batcher);
    const takers = [new RecordingTaker(), new RecordingTaker(), new RecordingTaker()];
    for (const taker of takers) batcher.want(taker, 'idle');
    vi.advanceTimersByTime(200);
    expect(takers.map((taker) => taker.batches)).toEqual([[[before]], [[alone]], [[after]]]);
  });
});

const died = (): ServingError => new ServingError('internal', 'Worker died.');

describe('batches that were not begun', () => {
  it('are served first again, in their order', () => {
    const batcher = batcherOf({ batchSize: 2 });
    const lost = [admitted(batcher), admitted(batcher)];
    const dead = new RecordingTaker();
    batcher.want(dead, 'idle');
    const later = admitted(batcher);
    batcher.lost(dead, [], dead.batches[0] as PendingRequest[], died);
    const taker = new RecordingTaker();
    batcher.want(taker, 'idle');
    expect(taker.batches).toEqual([lost]);
    batcher.want(taker, 'idle');
    vi.advanceTimersByTime(100);
    expect(taker.batches[1]).toEqual([later]);
  });

  it('leave those behind whose callers went meanwhile', () => {
    const batcher = batcherOf({ batchSize: 2, maxDelayMs: 0 });
    const [gone, stays] = [admitted(batcher), admitted(batcher)];
    const dead = new RecordingTaker();
    batcher.want(dead, 'idle');
    gone.cancel();
    batcher.lost(dead, [], dead.batches[0] as PendingRequest[], died);
    expect(batcher.pending).toBe(1);
    const taker = new RecordingTaker();
    batcher.want(taker, 'idle');
    expect(taker.batches).toEqual([[stays]]);
  });
});

describe('requests that join a worker at work', () => {
  it('come at once, as many as there is room for', () => {
    const batcher = batcherOf({});
    const waiting = [admitted(batcher), admitted(batcher), admitted(batcher)];
    const taker = new RecordingTaker();
    expect(batcher.join(taker, 0)).toEqual([]);
    expect(batcher.join(taker, 2)).toEqual(waiting.slice(0, 2));
    expect(batcher.join(taker, 2)).toEqual(waiting.slice(2));
    expect(batcher.join(taker, 2)).toEqual([]);
  });

  it('do not share a describe, which needs no room', () => {
    const batcher = batcherOf({});
    const alone = admitted(batcher, { alone: true });
    const after = admitted(batcher);
    const taker = new RecordingTaker();
    expect(batcher.join(taker, 0)).toEqual([alone]);
    expect(batcher.join(taker, 0)).toEqual([]);
    expect(batcher.join(taker, 1)).toEqual([after]);
  });
});

describe('the end', () => {
  it('answers all that wait, and drained() resolves', async () => {
    const batcher = batcherOf({});
    const waiting = [admitted(batcher), admitted(batcher)];
    const drained = batcher.drained();
    batcher.failAll(() => new ServingError('unavailable', 'closing'));
    await drained;
    for (const request of waiting) await expect(request.answer).rejects.toThrow('closing');
    expect(vi.getTimerCount()).toBe(0);
  });
});
