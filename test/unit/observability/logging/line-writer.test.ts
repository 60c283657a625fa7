import { expect, test, vi } from 'vitest';
import { LineWriter, type Target } from '../../../../src/observability/logging/line-writer.js';
import { WriteRound } from '../../../../src/observability/logging/write-round.js';

/** A target whose writes end when the test says so. */
function slowTarget() {
  const written: string[] = [];
  let go: (() => void) | null = null;
  let fails: Error | null = null;
  const target: Target = {
    write: (chunk) =>
      new Promise((resolve, reject) => {
        go = () => {
          go = null;
          if (fails === null) {
            written.push(chunk.toString());
            resolve();
          } else {
            reject(fails);
          }
        };
      }),
    writeSync: (chunk) => {
      written.push(chunk.toString());
    },
    close: async () => {},
  };
  return {
    target,
    written,
    fail: (error: Error | null) => {
      fails = error;
    },
    go: async () => {
      await vi.waitFor(() => expect(go).not.toBeNull());
      go?.();
    },
  };
}

const options = { notice: (dropped: number) => `${dropped} dropped\n`, failed: () => {}, round: new WriteRound(1) };

test('lines are written together, in order', async () => {
  const { target, written, go } = slowTarget();
  const writer = new LineWriter(target, options);
  writer.write('a\n');
  writer.write('b\n');
  const flushed = writer.flush();
  writer.write('c\n');
  await go();
  await go();
  await flushed;
  expect(written).toEqual(['a\nb\n', 'c\n']);
});

test('what comes too fast is dropped and counted, minor lines first', async () => {
  const { target, written, go } = slowTarget();
  const writer = new LineWriter(target, { ...options, limit: 100 });
  writer.write('0123456789\n');
  void writer.flush();
  for (let index = 0; index < 1000; index++) {
    writer.write('minor 789\n', true);
  }
  writer.write('important\n');
  const flushed = writer.flush();
  await go();
  await go();
  await flushed;
  expect(written.join('')).toBe(`0123456789\n${'minor 789\n'.repeat(3)}important\n997 dropped\n`);
});

test('a target that fails is told of once, and tried again', async () => {
  const { target, written, go, fail } = slowTarget();
  const failures: string[] = [];
  const writer = new LineWriter(target, { ...options, failed: ({ message }) => failures.push(message) });
  for (const [line, error] of [
    ['a\n', new Error('full')],
    ['b\n', new Error('full')],
    ['c\n', null],
    ['d\n', new Error('full again')],
  ] as const) {
    fail(error);
    writer.write(line);
    const flushed = writer.flush();
    await go();
    await flushed;
  }
  expect(written).toEqual(['c\n']);
  expect(failures).toEqual(['full', 'full again']);
});

test('what waits is written at once when the process ends', () => {
  const { target, written } = slowTarget();
  const writer = new LineWriter(target, options);
  writer.write('last\n');
  writer.flushSync();
  expect(written).toEqual(['last\n']);
});

test('closing writes what is left, and what comes later is lost', async () => {
  const { target, written, go } = slowTarget();
  const writer = new LineWriter(target, options);
  writer.write('a\n');
  const closed = Promise.all([writer.close(), go()]);
  await closed;
  writer.write('b\n');
  await writer.close();
  expect(written).toEqual(['a\n']);
});
