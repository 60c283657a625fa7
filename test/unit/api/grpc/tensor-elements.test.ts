import { describe, expect, it } from 'vitest';
import { elementsFromJson, elementsToJson } from '../../../../src/api/grpc/tensor-elements.js';

const rawOf = (name: string, data: unknown[]): Buffer =>
  (elementsFromJson('x', name, data, true) as { raw: Buffer }).raw;

describe('FP16', () => {
  it('goes there and back for every half', () => {
    const all = Buffer.alloc(2 * 65_536);
    for (let bits = 0; bits < 65_536; bits += 1) all.writeUInt16LE(bits, 2 * bits);
    const values = JSON.parse(elementsToJson('x', 'FP16', all).replace(/NaN|-?Infinity/g, '"$&"'));
    const back = rawOf('FP16', values);
    // Of the many NaNs, one comes back.
    const isNan = (bits: number) => (bits & 0x7c00) === 0x7c00 && (bits & 0x3ff) !== 0;
    const changed = Array.from({ length: 65_536 }, (_, bits) => bits).filter(
      (bits) => !isNan(bits) && back.readUInt16LE(2 * bits) !== bits,
    );
    expect(changed).toEqual([]);
  });

  it.each([
    [1 + 1 / 2048, 0x3c00],
    [1 + 3 / 2048, 0x3c02],
    [65_519, 0x7bff],
    [65_520, 0x7c00],
    [-70_000, 0xfc00],
    [2 ** -25, 0x0000],
    [2 ** -25 * 1.01, 0x0001],
    [0.99999, 0x3c00],
  ])('rounds %d to the nearest, ties to even', (value, bits) => {
    expect(rawOf('FP16', [value]).readUInt16LE(0)).toBe(bits);
  });
});

describe('elements of a handler', () => {
  it.each([
    ['INT64', ['12x']],
    ['FP32', [null]],
    ['INT8', [1000]],
    ['FP9', [1]],
  ])('that do not fit %s are refused by the name of their tensor', (name, data) => {
    expect(() => elementsFromJson('x', name, data, true)).toThrow(
      `The handler's output "x" does not fit its datatype "${name}".`,
    );
  });

  it('are taken from nested text where they are BYTES', () => {
    expect(rawOf('BYTES', ['ä', { a: 1 }])).toEqual(
      Buffer.concat([Buffer.from([2, 0, 0, 0]), Buffer.from('ä'), Buffer.from([7, 0, 0, 0]), Buffer.from('{"a":1}')]),
    );
  });
});
