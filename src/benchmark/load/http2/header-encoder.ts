import { integer, literalField, literalKind } from './header-block.js';

/** Fields of a request's head, names in lower case. One object that serves for many requests is encoded once. */
export type Fields = Readonly<Record<string, string>>;

/** Bytes that a peer's table holds until it says otherwise (RFC 9113, section 6.5.2); more is not used. */
const usualTableBytes = 4096;
/** What an entry takes there beside its name and value (RFC 7541, section 4.1). */
const entryBytes = 32;
/** The number of the newest entry: those before are in the static table. */
const newest = 62;

/**
 * Heads of requests in HPACK, for one connection: a field is written out the first time and from then on named by its
 * number in the peer's table, as clients of gRPC do it.
 */
export class HeaderEncoder {
  #tableBytes = usualTableBytes;
  #usedBytes = 0;
  /** What the peer remembers, the oldest first. */
  #entries: string[] = [];
  /** A new size of the table that the peer has to be told of. */
  #resized: number | null = null;
  /** Heads of which all that can be is in the table. */
  readonly #blocks = new Map<Fields, Buffer>();

  /** What the peer's settings allow. */
  set tableBytes(allowed: number) {
    const bytes = Math.min(allowed, usualTableBytes);
    if (bytes === this.#tableBytes) return;
    this.#tableBytes = bytes;
    this.#resized = bytes;
    // What the peer keeps of them lies behind whatever comes.
    this.#entries = [];
    this.#usedBytes = 0;
    this.#blocks.clear();
  }

  /** To be sent in the order in which they are asked for. */
  block(fields: Fields): Buffer {
    const known = this.#blocks.get(fields);
    if (known) return known;
    const resized = this.#resized;
    this.#resized = null;
    const before = this.#entries.length;
    const block = Buffer.concat([
      ...(resized === null ? [] : [integer(resized, 5, 0x20)]),
      ...Object.entries(fields).map(([name, value]) => this.#field(name, value)),
    ]);
    if (this.#entries.length > before) this.#blocks.clear();
    else if (resized === null) this.#blocks.set(fields, block);
    return block;
  }

  #field(name: string, value: string): Buffer {
    const entry = `${name}\0${value}`;
    const at = this.#entries.indexOf(entry);
    if (at >= 0) return integer(newest + this.#entries.length - 1 - at, 7, 0x80);
    const bytes = Buffer.byteLength(name, 'latin1') + Buffer.byteLength(value, 'latin1') + entryBytes;
    if (this.#usedBytes + bytes > this.#tableBytes) return literalField(name, value, literalKind.plain);
    this.#usedBytes += bytes;
    this.#entries.push(entry);
    return literalField(name, value, literalKind.remembered);
  }
}
