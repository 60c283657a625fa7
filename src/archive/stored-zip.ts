import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';
import type { MeasuredFile } from './packed-file.js';

/*
 * A zip whose files are stored as they are. archiver writes the checksum of a stored file behind it, where TorchServe, which
 * reads archives from front to back, does not look for it; so here each file is read twice, and its checksum goes before it.
 */

const needsZip64 = 0xffffffff;
/** Version 4.5 of the format, made on Unix. */
const madeBy = (3 << 8) | 45;
const utf8Names = 0x0800;

interface Written {
  readonly name: Buffer;
  readonly mode: number;
  readonly crc: number;
  readonly size: number;
  readonly offset: number;
}

/** Writes `files` in their order, all with the same time, which a zip keeps to two seconds from 1980 on. */
export async function writeStoredZip(files: readonly MeasuredFile[], path: string, time: Date): Promise<void> {
  await pipeline(zipOf(files, time), createWriteStream(path, { flags: 'wx', mode: 0o644 }));
}

async function* zipOf(files: readonly MeasuredFile[], time: Date): AsyncGenerator<Buffer> {
  const written: Written[] = [];
  let position = 0;
  for (const file of files) {
    const entry = await measure(file, position);
    const extra = entry.size >= needsZip64 ? zip64Extra([entry.size, entry.size]) : Buffer.alloc(0);
    const header = Buffer.alloc(30);
    header.writeUInt32LE(0x04034b50, 0);
    writeCommon(header, 4, entry, extra, time);
    yield Buffer.concat([header, entry.name, extra]);
    let left = entry.size;
    for await (const chunk of contents(file)) {
      left -= chunk.length;
      yield chunk;
    }
    if (left !== 0) {
      throw new Error(`${file.name} changed while it was packed`);
    }
    position += header.length + entry.name.length + extra.length + entry.size;
    written.push(entry);
  }
  const directory = Buffer.concat(written.map((entry) => directoryEntry(entry, time)));
  yield Buffer.concat([directory, endOfDirectory(written.length, directory.length, position)]);
}

async function measure(file: MeasuredFile, offset: number): Promise<Written> {
  let size = 0;
  let crc = 0;
  for await (const chunk of contents(file)) {
    size += chunk.length;
    crc = crc32(chunk, crc);
  }
  return { name: Buffer.from(file.name), mode: file.mode, crc, size, offset };
}

/** The 26 bytes that a file's header and its entry in the directory have in common. */
function writeCommon(header: Buffer, at: number, { name, crc, size }: Written, extra: Buffer, time: Date): void {
  header.writeUInt16LE(extra.length > 0 ? 45 : 20, at);
  header.writeUInt16LE(utf8Names, at + 2);
  header.writeUInt16LE(0, at + 4);
  header.writeUInt32LE(dosTime(time), at + 6);
  header.writeUInt32LE(crc, at + 10);
  header.writeUInt32LE(Math.min(size, needsZip64), at + 14);
  header.writeUInt32LE(Math.min(size, needsZip64), at + 18);
  header.writeUInt16LE(name.length, at + 22);
  header.writeUInt16LE(extra.length, at + 24);
}

function directoryEntry(file: Written, time: Date): Buffer {
  const isLarge = file.size >= needsZip64 || file.offset >= needsZip64;
  const extra = isLarge ? zip64Extra([file.size, file.size, file.offset]) : Buffer.alloc(0);
  const entry = Buffer.alloc(46);
  entry.writeUInt32LE(0x02014b50, 0);
  entry.writeUInt16LE(madeBy, 4);
  writeCommon(entry, 6, isLarge ? { ...file, size: needsZip64 } : file, extra, time);
  entry.writeUInt32LE(((0o100000 | file.mode) << 16) >>> 0, 38);
  entry.writeUInt32LE(isLarge ? needsZip64 : file.offset, 42);
  return Buffer.concat([entry, file.name, extra]);
}

function endOfDirectory(files: number, size: number, offset: number): Buffer {
  const isLarge = files >= 0xffff || size >= needsZip64 || offset >= needsZip64;
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Math.min(files, 0xffff), 8);
  end.writeUInt16LE(Math.min(files, 0xffff), 10);
  end.writeUInt32LE(Math.min(size, needsZip64), 12);
  end.writeUInt32LE(Math.min(offset, needsZip64), 16);
  return isLarge ? Buffer.concat([zip64End(files, size, offset), end]) : end;
}

/** The end of a large archive's directory, and where it stands. */
function zip64End(files: number, size: number, offset: number): Buffer {
  const end = Buffer.alloc(76);
  end.writeUInt32LE(0x06064b50, 0);
  end.writeBigUInt64LE(44n, 4);
  end.writeUInt16LE(madeBy, 12);
  end.writeUInt16LE(45, 14);
  end.writeBigUInt64LE(BigInt(files), 24);
  end.writeBigUInt64LE(BigInt(files), 32);
  end.writeBigUInt64LE(BigInt(size), 40);
  end.writeBigUInt64LE(BigInt(offset), 48);
  end.writeUInt32LE(0x07064b50, 56);
  end.writeBigUInt64LE(BigInt(offset + size), 64);
  end.writeUInt32LE(1, 72);
  return end;
}

function zip64Extra(values: readonly number[]): Buffer {
  const extra = Buffer.alloc(4 + 8 * values.length);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(8 * values.length, 2);
  values.forEach((value, index) => {
    extra.writeBigUInt64LE(BigInt(value), 4 + 8 * index);
  });
  return extra;
}

function dosTime(time: Date): number {
  const date = ((time.getUTCFullYear() - 1980) << 9) | ((time.getUTCMonth() + 1) << 5) | time.getUTCDate();
  const clock = (time.getUTCHours() << 11) | (time.getUTCMinutes() << 5) | (time.getUTCSeconds() >> 1);
  return ((date << 16) | clock) >>> 0;
}

function contents({ source }: MeasuredFile): AsyncIterable<Buffer> | readonly Buffer[] {
  return typeof source === 'string' ? createReadStream(source, { highWaterMark: 2 ** 20 }) : [source];
}
