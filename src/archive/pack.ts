import { randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream, type Stats } from 'node:fs';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Archiver, TarArchive, ZipArchive } from 'archiver';
import type { MeasuredFile, PackedFile } from './packed-file.js';
import { writeStoredZip } from './stored-zip.js';

/** How an archive is written, by the names that `--archive-format` takes. */
export const archiveFormats = ['tgz', 'no-archive', 'zip-store', 'default'] as const;
export type ArchiveFormat = (typeof archiveFormats)[number];

export interface PackOptions {
  readonly format: ArchiveFormat;
  /** The file or, for `no-archive`, the folder to write. What is there is replaced; a folder is merged into. */
  readonly target: string;
  /** Name of the folder in which a tgz holds everything. */
  readonly root: string;
  /** In order of the archive: see `inOrder`. */
  readonly files: readonly PackedFile[];
  /** Modification time of every file in the archive. */
  readonly time: Date;
}

/**
 * Writes an archive under a temporary name and gives it its own once it is whole. The same files, time and version of Node make
 * the same bytes. Files are streamed, whatever their size.
 */
export async function pack(options: PackOptions): Promise<void> {
  const files = await Promise.all(options.files.map(measured));
  const partial = join(
    dirname(options.target),
    `.${basename(options.target)}.${randomBytes(4).toString('hex')}.partial`,
  );
  try {
    await write(files, partial, options);
    if (options.format === 'no-archive') {
      await moveFolder(files, partial, options.target);
    } else {
      await rename(partial, options.target);
    }
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

/** Sorted by name, byte by byte, so that no file system's order shows; the manifest stays where it is put, at the end. */
export function inOrder(files: Iterable<PackedFile>): PackedFile[] {
  return [...files].sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
}

async function measured(file: PackedFile): Promise<MeasuredFile> {
  const stats = typeof file.source === 'string' ? await stat(file.source) : null;
  return { ...file, stats, mode: stats !== null && stats.mode & 0o100 ? 0o755 : 0o644 };
}

async function write(files: readonly MeasuredFile[], partial: string, options: PackOptions): Promise<void> {
  switch (options.format) {
    case 'no-archive':
      return await writeFolder(files, partial);
    case 'zip-store':
      return await writeStoredZip(files, partial, options.time);
    case 'tgz':
      return await stream(
        new TarArchive({ gzip: true, gzipOptions: { level: 6 } }),
        files.map((file) => ({ ...file, name: `${options.root}/${file.name}` })),
        partial,
        options.time,
      );
    case 'default':
      return await stream(new ZipArchive({ zlib: { level: 6 } }), files, partial, options.time);
  }
}

async function stream(archive: Archiver, files: readonly MeasuredFile[], partial: string, date: Date): Promise<void> {
  // What archiver calls a warning is a file that could not be read.
  archive.on('warning', (error) => archive.destroy(error));
  const written = pipeline(archive, createWriteStream(partial, { mode: 0o644 }));
  for (const { name, source, mode, stats } of files) {
    if (stats === null) {
      // As a stream, since archiver marks an empty buffer in a way that TorchServe cannot read; the size is for tars.
      const contents = source as Buffer;
      const data = { name, date, mode, stats: { size: contents.length, mode } as Stats };
      archive.append(Readable.from([contents]), data);
    } else {
      archive.file(source as string, { name, date, mode, stats });
    }
  }
  await Promise.all([archive.finalize(), written]);
}

async function writeFolder(files: readonly MeasuredFile[], folder: string): Promise<void> {
  await mkdir(folder);
  for (const { name, source, mode } of files) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    if (typeof source === 'string') {
      await pipeline(createReadStream(source), createWriteStream(path, { mode }));
    } else {
      await writeFile(path, source, { mode });
    }
  }
}

/** A new folder comes into being at once; into one that exists, file after file is put in place. */
async function moveFolder(files: readonly MeasuredFile[], from: string, to: string): Promise<void> {
  const exists = await stat(to).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  if (!exists) {
    return await rename(from, to);
  }
  for (const { name } of files) {
    await mkdir(dirname(join(to, name)), { recursive: true });
    await rename(join(from, name), join(to, name));
  }
}
