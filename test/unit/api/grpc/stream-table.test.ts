import { describe, expect, it } from 'vitest';
import { StreamTable } from '../../../../src/api/grpc/stream-table.js';
import { randomOf } from '../../../support/random.js';

describe('a stream table', () => {
  it('holds what a Map would, whatever comes and goes', () => {
    const random = randomOf(7);
    const draw = (bound: number) => Math.floor(random() * bound);
    const table = new StreamTable<object>();
    const map = new Map<number, object>();
    let id = 1;
    for (let step = 0; step < 20_000; step += 1) {
      // Ever more of them for a while, then ever fewer; some stay for long.
      const opens = draw(100) < (Math.floor(step / 2000) % 2 === 0 ? 60 : 35);
      if (opens) {
        const stream = {};
        expect(table.set(id, stream)).toBe(table);
        map.set(id, stream);
        id += draw(20) === 0 ? 2 * draw(500) : 2;
      } else {
        const gone = draw(10) === 0 ? id + 2 : ([...map.keys()][draw(Math.min(map.size, 40))] ?? 1);
        expect(table.delete(gone)).toBe(map.delete(gone));
        expect(table.get(gone)).toBeUndefined();
        expect(table.has(gone)).toBe(false);
      }
      expect(table.size).toBe(map.size);
      if (step % 100 === 0) for (const [held, stream] of map) expect(table.get(held)).toBe(stream);
    }
    expect(map.size).toBeGreaterThan(100);
    expect(new Map([...table].sort(([one], [other]) => one - other))).toEqual(map);
    expect([...table.keys()].sort((one, other) => one - other)).toEqual([...map.keys()]);
    expect(new Set(table.values())).toEqual(new Set(map.values()));
  });

  it('has no stream of the session itself, which has the id 0', () => {
    const table = new StreamTable<string>();
    table.set(1, 'one');
    expect([table.get(0), table.has(0), table.delete(0), table.size]).toEqual([undefined, false, false, 1]);
  });

  it('takes another stream under an id that it has', () => {
    const table = new StreamTable<string>();
    table.set(3, 'one').set(3, 'other');
    expect([...table]).toEqual([[3, 'other']]);
  });

  it('may lose streams while it is gone through, as a session does that ends', () => {
    const table = new StreamTable<string>();
    for (let id = 1; id < 200; id += 2) table.set(id, `stream ${id}`);
    const told: string[] = [];
    table.forEach((stream, id) => {
      told.push(stream);
      table.delete(id);
      table.delete(id + 2);
    });
    expect(table.size).toBe(0);
    expect(told).toHaveLength(50);
    table.set(1, 'next');
    table.clear();
    expect([table.size, table.get(1), [...table]]).toEqual([0, undefined, []]);
  });
});
