/** What an archive may ask of the machine. All are far above what a model needs, and stop what only harms. */
export interface ArchiveLimits {
  /** Bytes of an archive that is downloaded. */
  readonly downloadBytes: number;
  /** Milliseconds without a byte after which a download fails. */
  readonly downloadIdleMs: number;
  /** Files and folders in an archive. */
  readonly entries: number;
  /** Bytes of all files of an archive together, unpacked. */
  readonly unpackedBytes: number;
  /** Unpacked bytes a packed byte may stand for, once the archive is larger than `ratioFreeBytes` unpacked. */
  readonly ratio: number;
  readonly ratioFreeBytes: number;
}

const gibibyte = 2 ** 30;

export const defaultLimits: ArchiveLimits = Object.freeze({
  downloadBytes: 256 * gibibyte,
  downloadIdleMs: 60_000,
  entries: 200_000,
  unpackedBytes: 256 * gibibyte,
  ratio: 250,
  ratioFreeBytes: gibibyte,
});

/** A refusal of an archive for its contents: what is wrong, in a clause that follows `Failed to save model: <url>: `. */
export class ArchiveRefused extends Error {
  override readonly name = 'ArchiveRefused';
}

/** @throws {ArchiveRefused} if so many bytes from so many packed ones are more than an archive may have. */
export function checkUnpackedSize(unpacked: number, packed: number, limits: ArchiveLimits): void {
  if (unpacked > limits.unpackedBytes) {
    throw new ArchiveRefused(
      `it holds more than ${inWords(limits.unpackedBytes)} unpacked, the most an archive may have`,
    );
  }
  if (unpacked > limits.ratioFreeBytes && unpacked > packed * limits.ratio) {
    throw new ArchiveRefused(
      `it unpacks to more than ${limits.ratio} times its size, as only a decompression bomb does`,
    );
  }
}

/** @throws {ArchiveRefused} if an archive has more entries than it may have. */
export function checkEntryCount(entries: number, limits: ArchiveLimits): void {
  if (entries > limits.entries) {
    throw new ArchiveRefused(`it has more than ${limits.entries} entries, the most an archive may have`);
  }
}

/** Bytes for people: `3 MiB`, `1.5 GiB`. */
export function inWords(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(bytes, 1)) / 10)));
  const value = bytes / 1024 ** power;
  return `${Number.isInteger(value) ? value : value.toFixed(1)} ${units[power]}`;
}
