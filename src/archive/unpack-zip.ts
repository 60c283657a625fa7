import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';
import { type Entry, getFileNameLowLevel, openPromise, type ZipFile } from 'yauzl';
import { entryPath, printable } from './entry-path.js';
import { type ArchiveLimits, ArchiveRefused, checkEntryCount, checkUnpackedSize } from './limits.js';

interface Planned {
  readonly entry: Entry;
  /** As the archive has it. */
  readonly name: string;
  /** Relative to the target folder; '' for the folder itself. */
  readonly path: string;
  readonly isFolder: boolean;
}

/** Bits of a Unix mode that say what a file is, and their values. */
const fileType = 0o170000;
const folderType = 0o040000;
const plainTypes = new Set([0, 0o100000, folderType]);
/** Where an entry says that it was made on Unix or macOS, its attributes hold a Unix mode. */
const unixHosts = new Set([3, 19]);

/**
 * Unpacks a zip into an empty folder. The whole directory of the archive is judged first, so that nothing is written of one
 * that is refused.
 * @param checkRoom - Called with the bytes of all files together before the first is written; throws if they do not fit.
 * @throws {ArchiveRefused} for a hostile archive; any other error for a damaged one.
 */
export async function unpackZip(
  file: string,
  target: string,
  limits: ArchiveLimits,
  checkRoom: (bytes: number) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  // Strings are decoded below: yauzl would judge the names itself, as damage.
  const zip = await openPromise(file, { autoClose: false, decodeStrings: false });
  try {
    const plan = await judge(zip, limits);
    await checkRoom(plan.reduce((sum, { entry }) => sum + entry.uncompressedSize, 0));
    const folders = new Set<string>();
    for (const planned of plan) {
      signal?.throwIfAborted();
      const path = join(target, planned.path);
      const folder = planned.isFolder ? path : dirname(path);
      if (!folders.has(folder)) {
        await mkdir(folder, { recursive: true });
        folders.add(folder);
      }
      if (!planned.isFolder) {
        await unpackFile(zip, planned, path, signal);
      }
    }
  } finally {
    zip.close();
  }
}

async function judge(zip: ZipFile, limits: ArchiveLimits): Promise<Planned[]> {
  checkEntryCount(zip.entryCount, limits);
  const plan: Planned[] = [];
  let unpacked = 0;
  for await (const entry of zip.eachEntry()) {
    const planned = judgeEntry(entry);
    unpacked += entry.uncompressedSize;
    checkUnpackedSize(unpacked, zip.fileSize, limits);
    plan.push(planned);
    checkEntryCount(plan.length, limits);
  }
  return plan;
}

function judgeEntry(entry: Entry): Planned {
  const name = getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, true);
  const path = entryPath(name);
  const type = unixHosts.has(entry.versionMadeBy >> 8) ? (entry.externalFileAttributes >>> 16) & fileType : 0;
  if (!plainTypes.has(type)) {
    throw new ArchiveRefused(`its entry ${printable(name)} is a link or a device, where only files and folders may be`);
  }
  if (entry.isEncrypted()) {
    throw new ArchiveRefused(`its entry ${printable(name)} is encrypted`);
  }
  const isFolder = type === folderType || /[\\/]$/.test(name) || path === '';
  return { entry, name, path, isFolder };
}

/** Modes of an archive are not trusted further than whether its owner may execute a file. */
function modeOf(entry: Entry): number {
  const executable = unixHosts.has(entry.versionMadeBy >> 8) && (entry.externalFileAttributes >>> 16) & 0o100;
  return executable ? 0o755 : 0o644;
}

async function unpackFile(zip: ZipFile, { entry, name }: Planned, path: string, signal?: AbortSignal): Promise<void> {
  // yauzl ends the stream with an error as soon as it holds more or fewer bytes than the directory says.
  const source = await zip.openReadStreamPromise(entry);
  let sum = 0;
  const summing = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sum = crc32(chunk, sum);
      done(null, chunk);
    },
  });
  await pipeline(source, summing, createWriteStream(path, { mode: modeOf(entry) }), signal ? { signal } : {});
  if (sum !== entry.crc32) {
    throw new Error(`its entry ${printable(name)} is damaged (the checksum differs)`);
  }
}
