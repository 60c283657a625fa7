import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { Header } from 'tar';
import { type RawEntry, rawZip } from './raw-zip.js';

/** The text of a manifest with these entries of its model. */
export function manifest(
  model: Readonly<Record<string, unknown>>,
  rest: Readonly<Record<string, unknown>> = {},
): string {
  const head = { createdOn: '01/01/2026 00:00:00', runtime: 'python' };
  return JSON.stringify({ ...head, model, archiverVersion: '0.12.0', ...rest }, null, 2);
}

/** A small model that any archive can hold: a handler and its manifest. */
export const modelEntries: readonly RawEntry[] = [
  { name: 'handler.py', data: 'def handle(data, context):\n    return data\n' },
  {
    name: 'MAR-INF/MANIFEST.json',
    data: manifest({ modelName: 'm', modelVersion: '1.0', handler: 'handler.py' }),
  },
];

/** Writes a zip made by hand; answers its path. */
export function writeZip(path: string, entries: readonly RawEntry[] = modelEntries): string {
  writeFileSync(path, rawZip(entries));
  return path;
}

/** One entry of a tar made by hand. */
export interface RawTarEntry {
  readonly path: string;
  readonly data?: string;
  readonly type?: 'File' | 'Directory' | 'SymbolicLink' | 'Link' | 'CharacterDevice' | 'BlockDevice' | 'FIFO';
  readonly linkpath?: string;
  readonly mode?: number;
}

/** Writes a gzipped tar made by hand; answers its path. */
export function writeTar(path: string, entries: readonly RawTarEntry[]): string {
  writeFileSync(path, gzipSync(rawTar(entries)));
  return path;
}

export function rawTar(entries: readonly RawTarEntry[]): Buffer {
  const blocks = entries.flatMap(({ path, data = '', type = 'File', linkpath, mode = 0o644 }) => {
    const header = Buffer.alloc(512);
    const size = type === 'File' ? Buffer.byteLength(data) : 0;
    new Header({ path, type, size, mode, ...(linkpath === undefined ? {} : { linkpath }) }).encode(header, 0);
    const body = Buffer.alloc(Math.ceil(size / 512) * 512);
    body.write(data);
    return [header, body];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}
