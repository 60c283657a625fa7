import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { type ReadEntry, Unpack } from 'tar';
import { entryPath, printable } from './entry-path.js';
import { type ArchiveLimits, ArchiveRefused, checkEntryCount, checkUnpackedSize } from './limits.js';

const plainTypes = new Set(['File', 'OldFile', 'ContiguousFile', 'Directory']);

/**
 * Unpacks a gzipped tar into an empty folder. A tar has no directory to judge beforehand: it is judged as it comes, and what
 * was written before a refusal is left to the caller, who removes the folder.
 * @throws {ArchiveRefused} for a hostile archive; any other error for a damaged one.
 */
export async function unpackTar(
  file: string,
  target: string,
  limits: ArchiveLimits,
  signal?: AbortSignal,
): Promise<void> {
  const packed = (await stat(file)).size;
  const extraction = new Extraction(target, limits);
  const feed = async (source: AsyncIterable<Buffer>): Promise<void> => {
    let unpacked = 0;
    for await (const chunk of source) {
      // Counted between gunzip and tar, so that every byte a bomb inflates to is seen, padding and headers included.
      unpacked += chunk.length;
      checkUnpackedSize(unpacked, packed, limits);
      await extraction.write(chunk);
    }
  };
  try {
    await pipeline(createReadStream(file), createGunzip(), feed, signal ? { signal } : {});
  } finally {
    await extraction.end();
  }
  extraction.throwIfFailed();
}

/** node-tar's extraction with our rules for entries; it remembers the first thing that went wrong. */
class Extraction {
  private readonly unpack: Unpack;
  private readonly closed: Promise<unknown>;
  private readonly failing: Promise<never>;
  private failure: unknown;
  private entries = 0;

  constructor(target: string, limits: ArchiveLimits) {
    this.unpack = new Unpack({
      cwd: target,
      strict: true,
      preserveOwner: false,
      noMtime: true,
      filter: (_path, entry) => {
        this.judge(entry as ReadEntry, limits);
        return this.failure === undefined;
      },
    });
    this.closed = new Promise((resolve) => this.unpack.once('close', resolve));
    this.failing = new Promise((_resolve, reject) => this.unpack.on('error', reject));
    this.failing.catch((error) => {
      this.failure ??= error;
    });
    this.unpack.on('ignoredEntry', (entry: ReadEntry) => this.refuse(entry));
  }

  async write(chunk: Buffer): Promise<void> {
    const ready = this.unpack.write(chunk);
    this.throwIfFailed();
    if (!ready) {
      await Promise.race([once(this.unpack, 'drain'), this.failing]);
    }
  }

  /** Waits until nothing is being written any more; a damaged tar may keep node-tar from telling. */
  async end(): Promise<void> {
    this.unpack.end();
    await Promise.race([this.closed, this.failing.catch(() => pause(500, undefined, { ref: false }))]);
  }

  throwIfFailed(): void {
    if (this.failure !== undefined) {
      throw this.failure;
    }
  }

  /** Refuses what is no file or folder or leads out, and trusts modes no further than whether a file may be executed. */
  private judge(entry: ReadEntry, limits: ArchiveLimits): void {
    this.entries += 1;
    try {
      checkEntryCount(this.entries, limits);
      entryPath(entry.path);
    } catch (error) {
      this.failure ??= error;
    }
    if (!plainTypes.has(entry.type)) {
      this.refuse(entry);
    }
    entry.mode = entry.type === 'Directory' || (entry.mode ?? 0) & 0o100 ? 0o755 : 0o644;
  }

  private refuse(entry: ReadEntry): void {
    this.failure ??= new ArchiveRefused(
      `its entry ${printable(entry.path)} is a link or a device, where only files and folders may be`,
    );
  }
}
