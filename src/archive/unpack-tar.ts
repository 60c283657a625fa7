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
  const extraction = new Extraction(target, (await stat(file)).size, limits);
  const feed = async (source: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of source) {
      await extraction.write(chunk);
    }
  };
  await pipeline(createReadStream(file), createGunzip(), feed, signal ? { signal } : {}).catch((error) =>
    extraction.fail(error),
  );
  await extraction.end();
}

/** node-tar's extraction with our rules for entries; it remembers the first thing that went wrong. */
class Extraction {
  private readonly unpack: Unpack;
  private readonly closed: Promise<unknown>;
  private readonly failing: Promise<never>;
  private failure: unknown;
  private entries = 0;
  private unpacked = 0;

  /** @param packed - Bytes of the archive's file. */
  constructor(
    target: string,
    private readonly packed: number,
    private readonly limits: ArchiveLimits,
  ) {
    this.unpack = new Unpack({
      cwd: target,
      strict: true,
      preserveOwner: false,
      noMtime: true,
      filter: (_path, entry) => {
        this.judge(entry as ReadEntry);
        return this.failure === undefined;
      },
    });
    this.closed = new Promise((resolve) => this.unpack.once('close', resolve));
    this.failing = new Promise((_resolve, reject) => this.unpack.on('error', reject));
    this.failing.catch((error) => this.fail(error));
    this.unpack.on('ignoredEntry', (entry: ReadEntry) => this.refuse(entry));
  }

  /** Takes what comes out of gunzip, so that every byte a bomb inflates to is counted, padding and headers included. */
  async write(chunk: Buffer): Promise<void> {
    this.unpacked += chunk.length;
    this.attempt(() => checkUnpackedSize(this.unpacked, this.packed, this.limits));
    this.throwIfFailed();
    const ready = this.unpack.write(chunk);
    this.throwIfFailed();
    if (!ready) {
      await Promise.race([once(this.unpack, 'drain'), this.failing]);
    }
  }

  /** Waits until nothing is being written any more, and throws what went wrong first. */
  async end(): Promise<void> {
    this.unpack.end();
    // A damaged tar may keep node-tar from telling.
    await Promise.race([this.closed, this.failing.catch(() => pause(500, undefined, { ref: false }))]);
    this.throwIfFailed();
  }

  /** What goes wrong later is only what the first thing led to. */
  fail(error: unknown): void {
    this.failure ??= error;
  }

  private throwIfFailed(): void {
    if (this.failure !== undefined) {
      throw this.failure;
    }
  }

  private attempt(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.fail(error);
    }
  }

  /** Refuses what is no file or folder or leads out, and trusts modes no further than whether a file may be executed. */
  private judge(entry: ReadEntry): void {
    this.entries += 1;
    this.attempt(() => {
      checkEntryCount(this.entries, this.limits);
      entryPath(entry.path);
    });
    if (!plainTypes.has(entry.type)) {
      this.refuse(entry);
    }
    entry.mode = entry.type === 'Directory' || (entry.mode ?? 0) & 0o100 ? 0o755 : 0o644;
  }

  private refuse(entry: ReadEntry): void {
    this.fail(
      new ArchiveRefused(
        `its entry ${printable(entry.path)} is a link or a device, where only files and folders may be`,
      ),
    );
  }
}
