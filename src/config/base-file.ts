import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { StartupError } from '../errors/startup-error.js';
import { type Property, parseProperties } from './properties.js';

/** One file of properties, read. */
export interface BaseFile {
  readonly kind: 'file' | 'snapshot';
  /** Absolute. */
  readonly path: string;
  readonly properties: readonly Property[];
}

/** What decides which files are read. */
export interface BaseChoice {
  /** `--ts-config`. */
  readonly tsConfig: string | null;
  readonly noConfigSnapshots: boolean;
  readonly environment: NodeJS.ProcessEnv;
  readonly workingFolder: string;
  /** Absolute folder of snapshots. */
  readonly snapshotLocation: string;
}

/**
 * The files whose values hold, the stronger first. TS_CONFIG_FILE or `--ts-config` stand alone (an empty TS_CONFIG_FILE
 * means no file at all). Otherwise `./config.properties` speaks first, and the newest snapshot for what it does not say.
 * @throws StartupError where a named file cannot be read. A snapshot that cannot be read only warns.
 */
export function baseFiles(choice: BaseChoice, warn: (message: string) => void): BaseFile[] {
  const named = choice.environment['TS_CONFIG_FILE'] ?? choice.tsConfig;
  if (named === '') {
    return [];
  }
  if (named !== null) {
    const path = resolve(choice.workingFolder, named);
    if (!isFile(path)) {
      throw new StartupError(`--ts-config file not found: ${named}`);
    }
    return [read('file', path)];
  }
  const files: BaseFile[] = [];
  const local = join(choice.workingFolder, 'config.properties');
  if (isFile(local)) {
    files.push(read('file', local));
  }
  const snapshot = choice.noConfigSnapshots ? null : newestSnapshot(choice.snapshotLocation);
  if (snapshot !== null) {
    try {
      files.push(read('snapshot', snapshot));
    } catch (error) {
      warn(`The snapshot ${snapshot} is left aside: ${(error as Error).message}`);
    }
  }
  return files;
}

/** `yyyyMMddHHmmssSSS-startup.cfg` and the like; files of other names are not snapshots. */
const SNAPSHOT_NAME = /^\d{17}-(?:startup|snapshot|shutdown)\.cfg$/;

/** The newest snapshot of a folder, by the time in its name; null where there is none. */
export function newestSnapshot(folder: string): string | null {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return null;
  }
  const newest = names
    .filter((name) => SNAPSHOT_NAME.test(name))
    .sort()
    .at(-1);
  return newest === undefined ? null : join(folder, newest);
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function read(kind: BaseFile['kind'], path: string): BaseFile {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new StartupError(`Cannot read ${path}: ${(error as Error).message}`);
  }
  return { kind, path, properties: parseProperties(bytes, path) };
}
