import { join } from 'node:path';
import { orderOf, type Spread, spreadOf } from '../src/benchmark/statistics.js';
import { packArchive } from '../test/support/archive.js';
import type { Release } from '../test/support/release.js';
import { ServerPlace } from '../test/support/server.js';

export { orderOf };

/** What a scenario gets. */
export interface Contest {
  /** Ours first, then the reference where it takes part. */
  readonly releases: readonly Release[];
  readonly rounds: number;
  /** How long one measurement lasts. */
  readonly seconds: number;
  /** How long the endurance test lasts. */
  readonly longSeconds: number;
  /** The interpreter of the environment `vision`; null where it has not been made. */
  readonly visionPython: string | null;
  readonly log: (line: string) => void;
}

/** The figures of one participant for one row, over all rounds. */
export interface Figures extends Spread {
  readonly all: readonly number[];
}

/** One line of the result. */
export interface Row {
  readonly name: string;
  readonly unit: string;
  /** Whether more is better. */
  readonly rising: boolean;
  /** By participant: the releases, and what stands beside them, such as a plain loop. */
  readonly figures: Readonly<Record<string, Figures>>;
}

export type Scenario = (contest: Contest) => Promise<Row[]>;

/** Collects measurements by row and participant, and makes medians of them. */
export class Ledger {
  readonly #rows = new Map<string, { unit: string; rising: boolean; measured: Map<string, number[]> }>();

  /** `rising`: more is better. */
  add(row: string, unit: string, rising: boolean, participant: { readonly name: string }, value: number): void {
    const entry = this.#rows.get(row) ?? { unit, rising, measured: new Map() };
    this.#rows.set(row, entry);
    const values = entry.measured.get(participant.name) ?? [];
    entry.measured.set(participant.name, [...values, value]);
  }

  rows(): Row[] {
    return [...this.#rows].map(([name, { unit, rising, measured }]) => ({
      name,
      unit,
      rising,
      figures: Object.fromEntries([...measured].map(([who, all]) => [who, { ...spreadOf(all), all }])),
    }));
  }
}

/** The places that are open. A run that is told to end closes them first, since their servers would go on without it. */
const open = new Set<ServerPlace>();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void Promise.allSettled([...open].map((place) => place.close())).then(() => process.exit(130));
  });
}

/** Makes a place for each release, runs `work`, and stops and removes all of them whatever happens. */
export async function withPlaces<T>(
  releases: readonly Release[],
  work: (places: readonly ServerPlace[]) => Promise<T>,
): Promise<T> {
  const places: ServerPlace[] = [];
  try {
    for (const release of releases) {
      const place = await ServerPlace.make(release);
      places.push(place);
      open.add(place);
    }
    return await work(places);
  } finally {
    for (const place of places) {
      await place.close();
      open.delete(place);
    }
  }
}

/** Sends a management request; fails unless it is answered with 200. */
export async function manage(place: ServerPlace, method: string, path: string): Promise<void> {
  const answer = await fetch(`${place.management}${path}`, { method });
  const text = await answer.text();
  if (answer.status !== 200)
    throw new Error(`${place.release.name}: ${method} ${path} was answered ${answer.status}: ${text}`);
}

/** Packs a handler of benchmarks/handlers into an archive of that name, in the place's model store. */
export async function packHandler(place: ServerPlace, name: string, handler: string): Promise<void> {
  await packArchive(place.store, { name, handler: join(import.meta.dirname, 'handlers', handler) }, place.release);
}

/** How a model is registered. */
export interface Registration {
  readonly batchSize?: number;
  readonly delayMs?: number;
  readonly workers?: number;
}

/** Registers an archive of the place's store under its own name, and waits for its workers. */
export async function registerModel(place: ServerPlace, model: string, settings: Registration = {}): Promise<void> {
  const { batchSize = 1, delayMs = 0, workers = 1 } = settings;
  const words = `batch_size=${batchSize}&max_batch_delay=${delayMs}&initial_workers=${workers}&synchronous=true`;
  await manage(place, 'POST', `/models?url=${model}.mar&model_name=${model}&${words}`);
}
