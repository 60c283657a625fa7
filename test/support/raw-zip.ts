import { crc32, deflateRawSync } from 'node:zlib';

/** One entry of a zip made by hand; what is not given is as an honest archiver would have it. */
export interface RawEntry {
  readonly name: string;
  readonly data?: string | Buffer;
  readonly store?: boolean;
  /** Unix mode with its file type, such as 0o120777 for a link. */
  readonly mode?: number;
  /** Uncompressed bytes that the entry claims to hold. */
  readonly claimedSize?: number;
  readonly claimedCrc?: number;
  /** General purpose flags: 1 is encrypted. */
  readonly flags?: number;
  /** Where the data lies, for entries that share it: the index of another entry. */
  readonly sharesDataOf?: number;
  /** Sizes and offset go to a zip64 field, as of an archive larger than 4 GiB. */
  readonly zip64?: boolean;
}

/** A zip, byte by byte: the hostile and the odd ones that no library writes. */
export function rawZip(entries: readonly RawEntry[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  const offsets: number[] = [];
  let position = 0;
  const push = (buffer: Buffer): void => {
    parts.push(buffer);
    position += buffer.length;
  };
  for (const entry of entries) {
    const shared = entry.sharesDataOf === undefined ? undefined : entries[entry.sharesDataOf];
    const { data = '', store = false } = shared ?? entry;
    const raw = Buffer.from(data as string);
    const packed = store ? raw : deflateRawSync(raw);
    const name = Buffer.from(entry.name);
    const size = entry.claimedSize ?? raw.length;
    const crc = entry.claimedCrc ?? crc32(raw);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(entry.zip64 ? 45 : 20, 0);
    common.writeUInt16LE(0x0800 | (entry.flags ?? 0), 2);
    common.writeUInt16LE(store ? 0 : 8, 4);
    common.writeUInt32LE(0x00210000, 6);
    common.writeUInt32LE(crc, 10);
    common.writeUInt32LE(entry.zip64 ? 0xffffffff : packed.length, 14);
    common.writeUInt32LE(entry.zip64 ? 0xffffffff : size, 18);
    common.writeUInt16LE(name.length, 22);
    const offset = entry.sharesDataOf === undefined ? position : (offsets[entry.sharesDataOf] ?? 0);
    offsets.push(offset);
    if (shared === undefined) {
      const extra = entry.zip64 ? zip64([size, packed.length]) : Buffer.alloc(0);
      common.writeUInt16LE(extra.length, 24);
      push(Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, name, extra, packed]));
    }
    const extra = entry.zip64 ? zip64([size, packed.length, offset]) : Buffer.alloc(0);
    common.writeUInt16LE(extra.length, 24);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(((entry.mode ?? 0o100644) << 16) >>> 0, 6);
    rest.writeUInt32LE(entry.zip64 ? 0xffffffff : offset, 10);
    const head = Buffer.from('PK\x01\x02\x14\x03', 'latin1');
    directory.push(Buffer.concat([head, common, rest, name, extra]));
  }
  const start = position;
  for (const entry of directory) {
    push(entry);
  }
  const size = position - start;
  if (entries.some(({ zip64 }) => zip64)) {
    push(zip64End(entries.length, size, start));
  }
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  const isLarge = entries.some(({ zip64 }) => zip64);
  end.writeUInt16LE(isLarge ? 0xffff : entries.length, 8);
  end.writeUInt16LE(isLarge ? 0xffff : entries.length, 10);
  end.writeUInt32LE(isLarge ? 0xffffffff : size, 12);
  end.writeUInt32LE(isLarge ? 0xffffffff : start, 16);
  return Buffer.concat([...parts, end]);
}

function zip64(values: readonly number[]): Buffer {
  const field = Buffer.alloc(4 + 8 * values.length);
  field.writeUInt16LE(1, 0);
  field.writeUInt16LE(8 * values.length, 2);
  for (const [index, value] of values.entries()) {
    field.writeBigUInt64LE(BigInt(value), 4 + 8 * index);
  }
  return field;
}

function zip64End(entries: number, size: number, start: number): Buffer {
  const end = Buffer.alloc(76);
  end.write('PK\x06\x06', 0, 'latin1');
  end.writeBigUInt64LE(44n, 4);
  end.writeUInt16LE(45, 12);
  end.writeUInt16LE(45, 14);
  end.writeBigUInt64LE(BigInt(entries), 24);
  end.writeBigUInt64LE(BigInt(entries), 32);
  end.writeBigUInt64LE(BigInt(size), 40);
  end.writeBigUInt64LE(BigInt(start), 48);
  end.write('PK\x06\x07', 56, 'latin1');
  end.writeBigUInt64LE(BigInt(start + size), 64);
  end.writeUInt32LE(1, 72);
  return end;
}
