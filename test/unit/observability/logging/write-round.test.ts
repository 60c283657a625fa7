import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { WriteRound } from '../../../../src/observability/logging/write-round.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('all who join a round start together, once each, when the first has waited long enough', () => {
  const round = new WriteRound(50);
  const started: string[] = [];
  const [early, late] = [() => started.push('early'), () => started.push('late')];
  round.join(early);
  vi.advanceTimersByTime(40);
  round.join(late);
  round.join(early);
  vi.advanceTimersByTime(9);
  expect(started).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(started).toEqual(['early', 'late']);
  vi.advanceTimersByTime(1000);
  expect(started).toEqual(['early', 'late']);
});

test('who has left is not started, and who joins while a round ends waits for the next', () => {
  const round = new WriteRound(50);
  const started: string[] = [];
  const gone = () => started.push('gone');
  round.join(gone);
  round.join(function again() {
    started.push('again');
    if (started.length < 2) round.join(again);
  });
  round.leave(gone);
  vi.advanceTimersByTime(50);
  expect(started).toEqual(['again']);
  vi.advanceTimersByTime(50);
  expect(started).toEqual(['again', 'again']);
});
