import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
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
  const handle = await open(path, 'wx', 0o644);
  try {
    const out = new Output(handle);
    const written: Written[] = [];
    for (const file of files) {
      written.push(await writeFile(out, file, time));
    }
    await writeDirectory(out, written, time);
  } finally {
    await handle.close();
  }
}

class Output {
  position = 0;
  constructor(private readonly handle: FileHandle) {}

  async write(bytes: Buffer): Promise<void> {
    await this.handle.writeFile(bytes);
    this.position += bytes.length;
  }
}

async function writeFile(out: Output, file: MeasuredFile, time: Date): Promise<Written> {
  let size = 0;
  let crc = 0;
  for await (const chunk of contents(file)) {
    size += chunk.length;
    crc = crc32(chunk, crc);
  }
  const written = { name: Buffer.from(file.name), mode: file.mode, crc, size, offset: out.position };
  const extra = size >= needsZip64 ? zip64Extra([size, size]) : Buffer.alloc(0);
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  writeCommon(header, 4, written, extra, time);
  await out.write(Buffer.concat([header, written.name, extra]));
  const start = out.position;
  for await (const chunk of contents(file)) {
    await out.write(chunk);
  }
  if (out.position - start !== size) {
    throw new Error(`${file.name} changed while it was packed`);
  }
  return written;
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

async function writeDirectory(out: Output, files: readonly Written[], time: Date): Promise<void> {
  const offset = out.position;
  for (const file of files) {
    const isLarge = file.size >= needsZip64 || file.offset >= needsZip64;
    const extra = isLarge ? zip64Extra([file.size, file.size, file.offset]) : Buffer.alloc(0);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(madeBy, 4);
    writeCommon(entry, 6, isLarge ? { ...file, size: needsZip64 } : file, extra, time);
    entry.writeUInt32LE(((0o100000 | file.mode) << 16) >>> 0, 38);
    entry.writeUInt32LE(isLarge ? needsZip64 : file.offset, 42);
    await out.write(Buffer.concat([entry, file.name, extra]));
  }
  const size = out.position - offset;
  if (files.length >= 0xffff || size >= needsZip64 || offset >= needsZip64) {
    await out.write(zip64End(files.length, size, offset));
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Math.min(files.length, 0xffff), 8);
  end.writeUInt16LE(Math.min(files.length, 0xffff), 10);
  end.writeUInt32LE(Math.min(size, needsZip64), 12);
  end.writeUInt32LE(Math.min(offset, needsZip64), 16);
  await out.write(end);
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

function contents({ source }: MeasuredFile): AsyncIterable<Buffer> {
  return typeof source === 'string' ? createReadStream(source, { highWaterMark: 2 ** 20 }) : Readable.from([source]);
}
