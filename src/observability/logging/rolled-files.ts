import { createReadStream, createWriteStream, existsSync, mkdirSync, readdirSync, renameSync, statSync } from 'node:fs';
import { rename, rm, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type DateText, datePattern } from './date-pattern.js';

/**
 * The files that were put aside, named by a pattern of log4j such as `logs/ts_log.%d{dd-MMM}.log.gz`. Where the pattern
 * has no `%i`, a number is set before the ending of the second file of a day, so that none is overwritten.
 */
export class RolledFiles {
  readonly #pattern: string;
  readonly #keep: number;
  readonly #date: DateText;
  #compressing: Promise<void> = Promise.resolve();

  /** @param keep how many are kept; older ones are deleted. */
  constructor(pattern: string, keep: number) {
    this.#pattern = pattern;
    this.#keep = keep;
    const dates = [...pattern.matchAll(/%d(?:\{([^}]*)\})?/g)].map(([, format]) => datePattern(format ?? ''));
    this.#date = (time) => dates.map((text) => text(time)).join();
  }

  /** What distinguishes one period from the next: the dates of the pattern. */
  stamp(time: number): string {
    return this.#date(time);
  }

  /** Renames a file; compressing it and deleting the oldest go on behind. */
  putAside(path: string, since: number): void {
    let index = 1;
    while (this.#isTaken(this.#name(since, index))) {
      index += 1;
    }
    const name = this.#name(since, index);
    mkdirSync(dirname(name), { recursive: true });
    const plain = name.replace(/\.gz$/, '');
    renameSync(path, plain);
    this.#later(async () => {
      if (plain !== name) {
        await compress(plain, name);
      }
      await this.#prune();
    });
  }

  /** Compresses what an earlier run put aside and had no time for. */
  resume(): void {
    const plain = this.#pattern.endsWith('.gz') ? this.#existing().filter((path) => !path.endsWith('.gz')) : [];
    for (const path of plain) {
      this.#later(() => compress(path, `${path}.gz`));
    }
  }

  /** One after the other; what fails stays as it is, uncompressed. */
  #later(work: () => Promise<void>): void {
    this.#compressing = this.#compressing.then(work).catch(() => {});
  }

  /** Resolves once nothing is being compressed any more. */
  settled(): Promise<void> {
    return this.#compressing;
  }

  #isTaken(name: string): boolean {
    return existsSync(name) || existsSync(name.replace(/\.gz$/, ''));
  }

  #name(time: number, index: number): string {
    const numbered = this.#pattern.includes('%i');
    const dated = this.#pattern
      .replace(/%d(?:\{([^}]*)\})?/g, (_, format: string | undefined) => datePattern(format ?? '')(time))
      .replaceAll('%i', String(index));
    return numbered || index === 1 ? dated : dated.replace(/((?:\.log)?(?:\.gz)?)$/, `.${index}$1`);
  }

  /** Deletes the oldest until as many are left as are kept. */
  async #prune(): Promise<void> {
    const files = this.#existing()
      .map((path) => ({ path, time: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
      .sort((a, b) => b.time - a.time);
    await Promise.all(files.slice(this.#keep).map(({ path }) => rm(path, { force: true })));
  }

  /** The files that were put aside, compressed or not; none where the pattern spreads them over folders. */
  #existing(): string[] {
    const folder = dirname(this.#pattern);
    if (/%[di]/.test(folder) || !existsSync(folder)) {
      return [];
    }
    const shape = basename(this.#pattern)
      .split(/(%d(?:\{[^}]*\})?|%i)/)
      .map((part) => (part === '%i' ? '\\d+' : part.startsWith('%d') ? dateShape(part) : literally(part)))
      .join('')
      .replace(/(?:\\\.log)?(?:\\\.gz)?$/, (ending) => `(?:\\.\\d+)?${ending.replace('\\.gz', '(?:\\.gz)?')}`);
    const matching = new RegExp(`^${shape}$`, 'u');
    return readdirSync(folder)
      .filter((name) => matching.test(name))
      .map((name) => join(folder, name));
  }
}

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** What a date looks like: figures where it has figures, letters where it has letters. */
function dateShape(part: string): string {
  const sample = datePattern(/\{([^}]*)\}/.exec(part)?.[1] ?? '')(0);
  return literally(sample).replace(/\d+|\p{L}+/gu, (run) => (/\d/.test(run) ? '\\d+' : '\\p{L}+'));
}

/** Lines of logs become a ninth of their size at this level for half the time of the usual one, which gets a tenth. */
const QUICK = 1;
/** Bytes of a step. Each is handed to another thread three times, and that costs the event loop more than a small step takes. */
const STEP = 512 * 1024;

async function compress(plain: string, name: string): Promise<void> {
  const unfinished = `${name}.part`;
  await pipeline(
    createReadStream(plain, { highWaterMark: STEP }),
    createGzip({ level: QUICK, chunkSize: STEP / 4 }),
    createWriteStream(unfinished),
  );
  const { atime, mtime } = statSync(plain);
  await utimes(unfinished, atime, mtime);
  await rename(unfinished, name);
  await rm(plain);
}
