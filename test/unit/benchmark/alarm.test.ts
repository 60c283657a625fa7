import { setTimeout as after } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { Alarm } from '../../../src/benchmark/load/alarm.js';

/** Sets an alarm for each pause once the one before has rung, and tells how much too late each rang; too early is below zero. */
async function lateness(pauses: readonly number[], nothingAwaited: boolean): Promise<number[]> {
  const late: number[] = [];
  for (const pause of pauses) {
    const at = performance.now() + pause;
    await new Promise<void>((rung) => new Alarm(rung, () => nothingAwaited).set(at));
    late.push(performance.now() - at);
  }
  return late;
}

afterEach(() => void vi.restoreAllMocks());

const pauses = [0, 0.3, 0.9, 1.1, 1.3, 2.2, 2.9, 3.1, 5.5, 12.7];

test('it never rings too early, whether it sleeps or looks', async () => {
  for (const nothingAwaited of [true, false])
    for (const late of await lateness(pauses, nothingAwaited)) expect(late).toBeGreaterThanOrEqual(0);
});

test('while nothing is awaited it sleeps in place of looking, and otherwise never', async () => {
  const sleep = vi.spyOn(Atomics, 'wait');
  await lateness([2.5], false);
  expect(sleep).not.toHaveBeenCalled();
  await lateness([2.5], true);
  expect(sleep).toHaveBeenCalled();
});

test('the event loop goes on while an answer is awaited', async () => {
  let turns = 0;
  const at = performance.now() + 20;
  const rung = new Promise<number>((resolve) =>
    new Alarm(
      () => resolve(turns),
      () => false,
    ).set(at),
  );
  while (performance.now() < at - 5) {
    await after(1);
    turns += 1;
  }
  expect(await rung).toBeGreaterThan(0);
});

test('an answer does not make it ring before its time, nor twice', async () => {
  const at = performance.now() + 6;
  const rang: number[] = [];
  const alarm = new Alarm(
    () => void rang.push(performance.now() - at),
    () => true,
  );
  alarm.set(at);
  for (let answer = 0; answer < 3; answer += 1) {
    await after(1);
    alarm.answered();
  }
  await after(20);
  alarm.answered();
  await after(5);
  expect(rang).toHaveLength(1);
  expect(rang[0]).toBeGreaterThanOrEqual(0);
});

test('what is set last holds', async () => {
  const rang: number[] = [];
  const begin = performance.now();
  const alarm = new Alarm(
    () => void rang.push(performance.now() - begin),
    () => true,
  );
  alarm.set(begin + 2);
  alarm.set(begin + 15);
  await after(40);
  expect(rang).toHaveLength(1);
  expect(rang[0]).toBeGreaterThanOrEqual(15);
});
