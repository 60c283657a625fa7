import { ServingError } from '../../errors/serving-error.js';
import type { InferTensorContents__Output } from '../../generated/inference/InferTensorContents.js';

/**
 * The elements of tensors, between their three forms: the list of a datatype in `contents`, raw little-endian bytes,
 * and JSON, in which handlers get and give them. Integers of 64 bits are text in between, so that no digit is lost.
 */

/** How elements of one datatype are written. */
interface Datatype {
  /** The list of `contents` that holds them; null where only raw bytes can. */
  readonly list: Exclude<keyof InferTensorContents__Output, 'bytesContents'> | null;
  /** Bytes of one raw element. */
  readonly size: number;
  readonly read: (raw: Buffer, offset: number) => number | string | boolean;
  readonly write: (raw: Buffer, value: number | string, offset: number) => unknown;
}

const bool: Datatype = {
  list: 'boolContents',
  size: 1,
  read: (raw, at) => raw[at] !== 0,
  write: (raw, value, at) => raw.writeUInt8(Number(value) === 0 ? 0 : 1, at),
};
const float = (
  list: Datatype['list'],
  size: number,
  read: (raw: Buffer, at: number) => number,
  write: (raw: Buffer, value: number, at: number) => unknown,
): Datatype => ({ list, size, read, write: (raw, value, at) => write(raw, Number(value), at) });
const integer = (list: Datatype['list'], size: 1 | 2 | 4, signed: boolean): Datatype => ({
  list,
  size,
  read: (raw, at) => (signed ? raw.readIntLE(at, size) : raw.readUIntLE(at, size)),
  write: (raw, value, at) =>
    signed ? raw.writeIntLE(Number(value), at, size) : raw.writeUIntLE(Number(value), at, size),
});

/** Every datatype of the protocol but BYTES. */
const datatypes: Readonly<Record<string, Datatype>> = {
  BOOL: bool,
  INT8: integer('intContents', 1, true),
  INT16: integer('intContents', 2, true),
  INT32: integer('intContents', 4, true),
  INT64: {
    list: 'int64Contents',
    size: 8,
    read: (raw, at) => raw.readBigInt64LE(at).toString(),
    write: (raw, value, at) => raw.writeBigInt64LE(BigInt(value), at),
  },
  UINT8: integer('uintContents', 1, false),
  UINT16: integer('uintContents', 2, false),
  UINT32: integer('uintContents', 4, false),
  UINT64: {
    list: 'uint64Contents',
    size: 8,
    read: (raw, at) => raw.readBigUInt64LE(at).toString(),
    write: (raw, value, at) => raw.writeBigUInt64LE(BigInt(value), at),
  },
  FP16: float(null, 2, readHalf, writeHalf),
  BF16: float(
    null,
    2,
    (raw, at) => {
      const wide = Buffer.alloc(4);
      raw.copy(wide, 2, at, at + 2);
      return wide.readFloatLE(0);
    },
    (raw, value, at) => {
      const wide = Buffer.alloc(4);
      wide.writeFloatLE(value, 0);
      wide.copy(raw, at, 2, 4);
    },
  ),
  FP32: float(
    'fp32Contents',
    4,
    (raw, at) => raw.readFloatLE(at),
    (raw, value, at) => raw.writeFloatLE(value, at),
  ),
  FP64: float(
    'fp64Contents',
    8,
    (raw, at) => raw.readDoubleLE(at),
    (raw, value, at) => raw.writeDoubleLE(value, at),
  ),
};

const names = [...Object.keys(datatypes), 'BYTES'].join(', ');

function datatype(name: string, tensor: string): Datatype {
  const found = Object.hasOwn(datatypes, name) ? datatypes[name] : undefined;
  if (!found)
    throw new ServingError('badRequest', `Tensor "${tensor}" has the datatype "${name}"; one of ${names} is needed.`);
  return found;
}

/**
 * The elements of one tensor as a JSON array.
 * @param contents the tensor's own lists, or its raw bytes.
 * @throws ServingError badRequest where the datatype is unknown or the bytes do not fit it.
 */
export function elementsToJson(
  tensor: string,
  name: string,
  contents: InferTensorContents__Output | Buffer | null,
): string {
  if (contents === null) return '[]';
  if (name === 'BYTES') {
    const items = contents instanceof Uint8Array ? rawItems(tensor, contents) : contents.bytesContents;
    return `[${items.map((item) => `"${item.toString('base64')}"`).join(',')}]`;
  }
  const { list, size, read } = datatype(name, tensor);
  if (!(contents instanceof Uint8Array)) {
    if (list === null)
      throw new ServingError('badRequest', `Tensor "${tensor}" is ${name}, which only raw_input_contents can carry.`);
    return jsonArray(contents[list]);
  }
  if (contents.length % size !== 0) {
    throw new ServingError(
      'badRequest',
      `Tensor "${tensor}" is ${name}, whose elements have ${size} bytes; ${contents.length} bytes hold no whole number of them.`,
    );
  }
  const elements: (number | string | boolean)[] = [];
  for (let at = 0; at < contents.length; at += size) elements.push(read(contents, at));
  return jsonArray(elements);
}

/** Joining writes 64-bit integers, which are text here, without quotation marks; it would lose the sign of -0. */
function jsonArray(elements: readonly (number | string | boolean)[]): string {
  const signed = elements.some((element) => Object.is(element, -0));
  const words = signed ? elements.map((element) => (Object.is(element, -0) ? '-0.0' : element)) : elements;
  return `[${words.join(',')}]`;
}

/** Elements that a handler gave, as the list of their datatype or as raw bytes. */
export type TensorContents = { readonly contents: Record<string, unknown[]> } | { readonly raw: Buffer };

/**
 * Turns the elements that a handler gave into a tensor's contents.
 * @param raw whether they are wanted as raw bytes; FP16 and BF16 always are.
 * @throws ServingError predictionFailed where they do not fit the datatype.
 */
export function elementsFromJson(tensor: string, name: string, data: readonly unknown[], raw: boolean): TensorContents {
  const misfit = (): ServingError =>
    new ServingError('predictionFailed', `The handler's output "${tensor}" does not fit its datatype "${name}".`);
  try {
    if (name === 'BYTES') {
      const items = data.map((item) => Buffer.from(typeof item === 'string' ? item : JSON.stringify(item)));
      return raw ? { raw: joinItems(items) } : { contents: { bytesContents: items } };
    }
    const { list, size, write } = datatype(name, tensor);
    const values = data.map((item) => {
      if (typeof item === 'boolean' || typeof item === 'number') return Number(item);
      if (typeof item === 'string' && numeric.test(item)) return item;
      throw misfit();
    });
    if (!raw && list !== null)
      return { contents: { [list]: list === 'boolContents' ? values.map((value) => Number(value) !== 0) : values } };
    const bytes = Buffer.alloc(values.length * size);
    values.forEach((value, index) => {
      write(bytes, value, index * size);
    });
    return { raw: bytes };
  } catch {
    throw misfit();
  }
}

/** A number whose digits a double would lose, or one that JSON cannot write. */
const numeric = /^(?:-?\d+|NaN|-?Infinity)$/;

/** Raw BYTES: each item behind its length in four bytes. */
function rawItems(tensor: string, raw: Buffer): Buffer[] {
  const items: Buffer[] = [];
  for (let at = 0; at < raw.length; ) {
    const end = at + 4 <= raw.length ? at + 4 + raw.readUInt32LE(at) : Number.POSITIVE_INFINITY;
    if (end > raw.length)
      throw new ServingError(
        'badRequest',
        `Tensor "${tensor}" is BYTES, and its raw bytes end in the middle of an element.`,
      );
    items.push(raw.subarray(at + 4, end));
    at = end;
  }
  return items;
}

function joinItems(items: readonly Buffer[]): Buffer {
  return Buffer.concat(
    items.flatMap((item) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(item.length, 0);
      return [length, item];
    }),
  );
}

function readHalf(raw: Buffer, at: number): number {
  const bits = raw.readUInt16LE(at);
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

function writeHalf(raw: Buffer, value: number, at: number): void {
  raw.writeUInt16LE(halfBits(value), at);
}

/** The nearest half; halves of a step go to the even neighbour. */
function halfBits(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (size >= 65520) return sign | 0x7c00;
  const exponent = Math.max(-14, Math.floor(Math.log2(size)));
  const steps = evenRound(size / 2 ** (exponent - 10));
  // A size that rounds up to the next power of two carries into the exponent by itself.
  return sign | (steps < 1024 ? steps : (exponent + 14) * 1024 + steps);
}

function evenRound(value: number): number {
  const low = Math.floor(value);
  const rest = value - low;
  return rest < 0.5 || (rest === 0.5 && low % 2 === 0) ? low : low + 1;
}
