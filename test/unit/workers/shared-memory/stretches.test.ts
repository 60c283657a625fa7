import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Stretches } from '../../../../src/workers/shared-memory/stretches.js';

const page = 4096;

describe('stretches', () => {
  it('are the lowest that are free, in whole pages', () => {
    const space = new Stretches(4 * page);
    expect([space.take(1), space.take(page + 1), space.take(page)]).toEqual([0, page, 3 * page]);
    expect(space.take(1)).toBeNull();
    space.give(page);
    expect(space.take(2 * page)).toBe(page);
  });

  it('cannot be given back twice', () => {
    const space = new Stretches(page);
    space.give(space.take(1) as number);
    expect(() => space.give(0)).toThrow('nothing is taken at 0');
  });

  it('never overlap, and are one again when all are back, whatever the order', () => {
    const step = fc.record({ length: fc.integer({ min: 1, max: 9 * page }), back: fc.nat() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const size = 64 * page;
        const space = new Stretches(size);
        const taken: { offset: number; length: number }[] = [];
        for (const { length, back } of steps) {
          const offset = back % 3 > 0 ? space.take(length) : null;
          if (offset !== null) {
            expect(offset + length).toBeLessThanOrEqual(size);
            for (const other of taken)
              expect(offset + length <= other.offset || other.offset + other.length <= offset).toBe(true);
            taken.push({ offset, length });
          } else if (taken.length > 0) {
            const [gone] = taken.splice(back % taken.length, 1);
            space.give(gone?.offset ?? -1);
          }
          expect(space.count).toBe(taken.length);
        }
        for (const { offset } of taken) space.give(offset);
        expect(space.take(size)).toBe(0);
      }),
    );
  });
});
