import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Batcher } from '../../../src/batching/batcher.js';
import { PendingRequest } from '../../../src/batching/pending-request.js';
import { ServingError } from '../../../src/errors/serving-error.js';
import { ContinuousDesk } from '../../../src/workers/continuous-desk.js';
import type { Desk } from '../../../src/workers/desk.js';
import { Code, type WorkerAnswer } from '../../../src/workers/link/worker-link.js';
import { type DeskBench, deskBench } from '../../support/desk-bench.js';
import { inferenceInput } from '../../support/inference-input.js';

let batcher: Batcher;
let bench: DeskBench;
let desk: Desk;

beforeEach(() => {
  vi.useFakeTimers();
  batcher = new Batcher({ batchSize: 2, maxDelayMs: 0, capacity: 100 });
  bench = deskBench((parts) => new ContinuousDesk({ ...parts, slots: 2 }), batcher);
  desk = bench.desk;
  desk.open();
});
afterEach(() => {
  vi.useRealTimers();
});

function ask(options: ConstructorParameters<typeof PendingRequest>[1] = {}): PendingRequest {
  const request = new PendingRequest(inferenceInput(), options);
  request.answer.catch(() => {});
  expect(batcher.admit(request)).toBe(true);
  return request;
}

/** The worker answers the step in hand: `>` and more follows, or `.` and it is over. */
function step(...words: string[]): void {
  const answers: WorkerAnswer[] = words.map((word) => ({
    status: 0,
    phrase: '',
    headers: ['ts_stream_next', word.startsWith('>') ? 'true' : 'false'],
    body: Buffer.from(word.slice(1)),
  }));
  bench.link.answer({ answers });
}

async function textOf(request: PendingRequest): Promise<string> {
  const { body, rest = [] } = await request.answer;
  const pieces = [body];
  for await (const piece of rest) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

const inHand = () => bench.link.batches[0]?.requests;

describe('a batch that runs', () => {
  it('is joined and left between steps, the oldest first', async () => {
    const a = ask();
    const b = ask();
    const c = ask();
    expect(inHand()).toEqual([a]);
    step('>a');
    expect(inHand()).toEqual([a, b]);
    expect(bench.link.batches[0]?.resumed).toBe(1);
    step('>a', '.b');
    expect(inHand()).toEqual([a, c]);
    step('.a', '>c');
    expect(inHand()).toEqual([c]);
    step('.c');
    expect(inHand()).toBeUndefined();
    expect(await Promise.all([a, b, c].map(textOf))).toEqual(['aaa', 'b', 'cc']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('answers in whole what does not stream', async () => {
    const a = ask();
    bench.link.answer({});
    expect(await a.answer).not.toHaveProperty('rest');
  });

  it('is left by one whose caller has gone, and the handler is told in the step', () => {
    const a = ask();
    step('>a');
    const b = ask();
    step('>a');
    const { id } = bench.link.batches[0] as { id: number };
    a.cancel();
    expect(bench.link.cancelled).toEqual([{ batchId: id, indices: [0] }]);
    step('>a', '>b');
    expect(inHand()).toEqual([b]);
  });

  it('stands aside for a describe, though every slot is taken', async () => {
    const a = ask();
    const b = ask();
    step('>a');
    const describing = ask({ alone: true });
    step('>a', '>b');
    expect(inHand()).toEqual([describing]);
    bench.link.answer({});
    expect(inHand()).toEqual([a, b]);
    expect(bench.link.batches[0]?.resumed).toBe(2);
  });

  it('forgets one that left while a describe ran', () => {
    const a = ask();
    ask({ alone: true });
    step('>a');
    a.cancel();
    expect(bench.link.cancelled).toEqual([]);
    bench.link.answer({});
    expect(inHand()).toBeUndefined();
  });

  it('fails as a whole, and the next ones are served', async () => {
    const a = ask();
    step('>a');
    const b = ask();
    bench.link.answer({ code: Code.PREDICTION_FAILED, answers: [] });
    await expect(textOf(a)).rejects.toThrow('Prediction failed');
    step('.b');
    expect(await textOf(b)).toBe('b');
  });

  it('is lost with its worker, between pieces too', async () => {
    const a = ask();
    step('>a');
    desk.lost(() => new ServingError('internal', 'Worker died.'));
    await expect(textOf(a)).rejects.toThrow('Worker died.');
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a step', () => {
  it('has the response timeout to itself', () => {
    ask();
    vi.advanceTimersByTime(1999);
    step('>a');
    vi.advanceTimersByTime(1999);
    expect(bench.overdue).toBe(0);
    vi.advanceTimersByTime(1);
    expect(bench.overdue).toBe(1);
  });
});

describe('a worker that drains', () => {
  it('finishes what runs and takes nothing new', async () => {
    ask();
    step('>a');
    const drained = desk.drain();
    await vi.advanceTimersByTimeAsync(0);
    ask();
    step('>a');
    expect(inHand()?.length).toBe(1);
    step('.a');
    await drained;
    expect(batcher.pending).toBe(1);
  });
});
