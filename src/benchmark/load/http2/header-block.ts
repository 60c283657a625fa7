import { huffmanText } from './huffman.js';

/** The statuses of the static table (RFC 7541, appendix A), which begin at entry 8. */
const statuses = ['200', '204', '206', '304', '400', '404', '500'];
const firstStatus = 8;

/** How a field is written out (RFC 7541, section 6.2): to be remembered by the peer, or not. */
export const literalKind = { remembered: 0x40, plain: 0 } as const;

/** A field written out, its name too. */
export function literalField(name: string, value: string, kind: number): Buffer {
  return Buffer.concat([Buffer.from([kind]), literal(name), literal(value)]);
}

/**
 * The wanted fields of a block of a server that was told to keep no table. Of the names in the static table only
 * `:status` is known here.
 * @throws Error where the block makes no sense.
 */
export function fieldsOf(block: Buffer, wanted: ReadonlySet<string>): Map<string, string> {
  const fields = new Map<string, string>();
  const reader = new BlockReader(block);
  while (reader.more) {
    const first = reader.peek();
    if (first & 0x80) {
      const status = statuses[reader.integer(7) - firstStatus];
      if (status !== undefined && wanted.has(':status')) fields.set(':status', status);
    } else if ((first & 0xe0) === 0x20) {
      reader.integer(5); // the size of the table, which is none
    } else {
      const entry = reader.integer(first & 0x40 ? 6 : 4);
      const name = entry === 0 ? reader.text() : statuses[entry - firstStatus] === undefined ? '' : ':status';
      if (wanted.has(name)) fields.set(name, reader.text());
      else reader.skip();
    }
  }
  return fields;
}

function literal(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  return Buffer.concat([integer(bytes.length, 7), bytes]);
}

/**
 * An integer of HPACK.
 * @param bits that it has in the first byte.
 * @param others the other bits of that byte.
 */
export function integer(value: number, bits: number, others = 0): Buffer {
  const most = 2 ** bits - 1;
  if (value < most) return Buffer.from([others | value]);
  const bytes = [others | most];
  let rest = value - most;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
  return Buffer.from(bytes);
}

/** Names that servers send again and again. */
const knownNames = new Map<string, string>();
const mostKnown = 1000;

class BlockReader {
  readonly #block: Buffer;
  #at = 0;

  constructor(block: Buffer) {
    this.#block = block;
  }

  get more(): boolean {
    return this.#at < this.#block.length;
  }

  peek(): number {
    return this.#block[this.#at] ?? 0;
  }

  /** @param bits that the integer has in the first byte. */
  integer(bits: number): number {
    const most = 2 ** bits - 1;
    let value = this.#byte() & most;
    if (value < most) return value;
    for (let weight = 1; ; weight *= 128) {
      const byte = this.#byte();
      value += (byte & 127) * weight;
      if (byte < 128) return value;
    }
  }

  text(): string {
    const isCoded = (this.peek() & 0x80) !== 0;
    const bytes = this.#string();
    const raw = bytes.toString('latin1');
    if (!isCoded) return raw;
    const known = knownNames.get(raw);
    if (known !== undefined) return known;
    const text = huffmanText(bytes);
    if (knownNames.size < mostKnown) knownNames.set(raw, text);
    return text;
  }

  skip(): void {
    this.#string();
  }

  #string(): Buffer {
    const length = this.integer(7);
    const from = this.#at;
    this.#at += length;
    if (this.#at > this.#block.length) throw new Error('a header block ends within a field');
    return this.#block.subarray(from, this.#at);
  }

  #byte(): number {
    const byte = this.#block[this.#at];
    if (byte === undefined) throw new Error('a header block ends within a field');
    this.#at += 1;
    return byte;
  }
}
