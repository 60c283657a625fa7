import type { Stats } from 'node:fs';

/** One file of an archive to be. */
export interface PackedFile {
  /** Path inside the archive, parts joined by `/`. */
  readonly name: string;
  /** Path of the file on disk, or the contents themselves. */
  readonly source: string | Buffer;
}

/** A file that has been looked at. */
export interface MeasuredFile extends PackedFile {
  /** 0644, or 0755 where the owner may execute the file. */
  readonly mode: number;
  /** null for one that is not on disk. */
  readonly stats: Stats | null;
}
