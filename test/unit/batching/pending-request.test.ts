import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Answer } from '../../../src/batching/inference.js';
import { type Holder, PendingRequest } from '../../../src/batching/pending-request.js';
import { ServingError } from '../../../src/errors/serving-error.js';
import { inferenceInput } from '../../support/inference-input.js';

const answerOf = (text: string): Answer => ({ status: 200, phrase: '', headers: [], body: Buffer.from(text) });
const failure = new ServingError('internal', 'Worker died.');

class RecordingHolder implements Holder {
  readonly abandonedRequests: PendingRequest[] = [];

  abandoned(request: PendingRequest): void {
    this.abandonedRequests.push(request);
  }
}

async function textOf(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const piece of pieces) chunks.push(piece);
  return Buffer.concat(chunks).toString();
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a request', () => {
  it('is settled once: what comes later changes nothing', async () => {
    const request = new PendingRequest(inferenceInput());
    request.settle(answerOf('first'));
    request.settle(answerOf('second'));
    request.fail(failure);
    request.cancel();
    await expect(request.answer).resolves.toMatchObject({ body: Buffer.from('first') });
  });

  it('tells its holder, once, when its caller leaves', async () => {
    const holder = new RecordingHolder();
    const request = new PendingRequest(inferenceInput());
    request.heldBy(holder, 'dispatched');
    request.cancel();
    request.cancel();
    await expect(request.answer).rejects.toThrow();
    expect(holder.abandonedRequests).toEqual([request]);
  });

  it('is answered 408 when its deadline passes', async () => {
    const holder = new RecordingHolder();
    const request = new PendingRequest(inferenceInput(), { deadlineMs: 50 });
    request.heldBy(holder, 'queued');
    const answered = expect(request.answer).rejects.toMatchObject({ status: 408, type: 'RequestTimeoutException' });
    vi.advanceTimersByTime(50);
    await answered;
    expect(holder.abandonedRequests).toEqual([request]);
  });

  it('is not answered at once because its deadline is longer than a timer can hold', () => {
    const request = new PendingRequest(inferenceInput(), { deadlineMs: 2 ** 31 });
    vi.advanceTimersByTime(60_000);
    expect(request.state).toBe('queued');
    request.settle(answerOf('in time'));
  });

  it('leaves no timer behind when it is answered in time', async () => {
    const request = new PendingRequest(inferenceInput(), { deadlineMs: 50 });
    request.settle(answerOf('in time'));
    await request.answer;
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a streamed answer', () => {
  it('settles at its first piece and brings the others in order', async () => {
    const request = new PendingRequest(inferenceInput());
    request.piece(answerOf('a'));
    request.piece(answerOf('b'));
    request.settle(answerOf('c'));
    const { body, rest } = await request.answer;
    expect(Buffer.from(body).toString() + (await textOf(rest as AsyncIterable<Uint8Array>))).toBe('abc');
  });

  it('breaks visibly when the worker dies, after the pieces that came', async () => {
    const request = new PendingRequest(inferenceInput());
    request.piece(answerOf('a'));
    request.piece(answerOf('b'));
    request.fail(failure);
    const { rest } = await request.answer;
    const read: string[] = [];
    await expect(async () => {
      for await (const piece of rest as AsyncIterable<Uint8Array>) read.push(Buffer.from(piece).toString());
    }).rejects.toThrow('Worker died.');
    expect(read).toEqual(['b']);
  });

  it('is not cut off by the deadline of its first piece', async () => {
    const request = new PendingRequest(inferenceInput(), { deadlineMs: 50 });
    request.piece(answerOf('a'));
    vi.advanceTimersByTime(100);
    request.settle(answerOf('b'));
    const { rest } = await request.answer;
    expect(await textOf(rest as AsyncIterable<Uint8Array>)).toBe('b');
  });
});

describe('a stream whose reader does not keep up', () => {
  const megabyte = { ...answerOf(''), body: Buffer.alloc(1 << 20) };

  async function streaming() {
    const told: (boolean | number)[] = [];
    const holder = new (class extends RecordingHolder {
      wasRead(_request: PendingRequest, bytes: number): void {
        told.push(bytes);
      }

      lagging(_request: PendingRequest, lags: boolean): void {
        told.push(lags);
      }
    })();
    const request = new PendingRequest(inferenceInput());
    request.heldBy(holder, 'dispatched');
    request.piece(answerOf('first'));
    const { rest } = await request.answer;
    const reader = (rest as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
    return { request, holder, told, reader };
  }

  it('tells its holder that it lags, what it reads, and that it has caught up', async () => {
    const { request, told, reader } = await streaming();
    request.piece(megabyte);
    expect(told).toEqual([]);
    request.piece(megabyte);
    request.piece(megabyte);
    expect(told).toEqual([true]);
    await reader.next();
    expect(told).toEqual([true, 1 << 20]);
    await reader.next();
    expect(told).toEqual([true, 1 << 20, 1 << 20, false]);
  });

  it('tells of small pieces once they are many', async () => {
    const { request, told, reader } = await streaming();
    for (let count = 0; count < 6; count += 1) {
      request.piece({ ...megabyte, body: Buffer.alloc(100 << 10) });
      await reader.next();
    }
    expect(told).toEqual([600 << 10]);
  });

  it('ends with an error where the handler cannot be held up', async () => {
    const { request, holder, reader } = await streaming();
    for (let count = 0; count <= 16; count += 1) request.piece(megabyte);
    expect(holder.abandonedRequests).toEqual([request]);
    expect(request.state).toBe('settled');
    const read = async () => {
      while (!(await reader.next()).done);
    };
    await expect(read()).rejects.toMatchObject({ message: expect.stringContaining('too slow') });
  });
});
