import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config/config.js';
import { snapshotProperties } from '../config/listing.js';
import { formatProperties } from '../config/properties.js';
import type { Logger } from '../observability/logging/logging.js';
import type { Registry } from '../registry/registry.js';
import type { Workflows } from '../workflow/workflows.js';
import { writeModelSnapshot } from './model-snapshot.js';

/** When a snapshot is written: once the server is up, after each change, and when it stops. */
export type SnapshotKind = 'startup' | 'snapshot' | 'shutdown';

/**
 * Writes what the server serves to `<log location>/config`, so that its next start can restore it. A file appears whole
 * or not at all; it is there before the call that caused it is answered. Where it cannot be written, that is logged and
 * the call succeeds all the same.
 */
export class SnapshotWriter {
  readonly #config: Config;
  readonly #registry: Registry;
  readonly #workflows: Workflows;
  readonly #log: Logger;
  #last = Promise.resolve();
  #lastName = '';

  constructor(config: Config, registry: Registry, workflows: Workflows, log: Logger) {
    this.#config = config;
    this.#registry = registry;
    this.#workflows = workflows;
    this.#log = log;
  }

  /** Resolves when the present state is on disk, or was found not to be writable. */
  async write(kind: SnapshotKind): Promise<void> {
    if (!this.#config.snapshots) return;
    this.#last = this.#last.then(() => this.#save(kind));
    await this.#last;
  }

  async #save(kind: SnapshotKind): Promise<void> {
    const folder = this.#config.snapshotLocation;
    const now = new Date();
    const name = this.#name(now, kind);
    const entries = new Map<string, string>(snapshotProperties(this.#config));
    entries.set(
      'model_snapshot',
      writeModelSnapshot(this.#registry, this.#workflows.list(), name, now, this.#config.autoscale),
    );
    const unfinished = join(folder, `.${name}.${process.pid}`);
    try {
      await mkdir(folder, { recursive: true });
      await writeFile(unfinished, formatProperties(entries, ['Saving snapshot', now.toString()]));
      await rename(unfinished, join(folder, name));
    } catch (error) {
      await rm(unfinished, { force: true }).catch(() => {});
      this.#log.error(`The snapshot ${join(folder, name)} could not be written: ${(error as Error).message}`);
    }
  }

  /** TorchServe's names sort by time; two of one millisecond would hide each other, so the second takes the next. */
  #name(now: Date, kind: SnapshotKind): string {
    let time = now.getTime();
    while (`${stamp(new Date(time))}` <= this.#lastName) time += 1;
    this.#lastName = stamp(new Date(time));
    return `${this.#lastName}-${kind}.cfg`;
  }
}

/** Local time as yyyyMMddHHmmssSSS. */
function stamp(time: Date): string {
  const parts = [
    [time.getFullYear(), 4],
    [time.getMonth() + 1, 2],
    [time.getDate(), 2],
    [time.getHours(), 2],
    [time.getMinutes(), 2],
    [time.getSeconds(), 2],
    [time.getMilliseconds(), 3],
  ] as const;
  return parts.map(([value, digits]) => String(value).padStart(digits, '0')).join('');
}
