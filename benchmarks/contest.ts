import type { Release } from '../test/support/release.js';
import { ServerPlace } from '../test/support/server.js';

/** What a scenario gets. */
export interface Contest {
  /** Ours first, then the reference where it takes part. */
  readonly releases: readonly Release[];
  readonly rounds: number;
  /** How long one measurement lasts. */
  readonly seconds: number;
  readonly log: (line: string) => void;
}

/** The figures of one release for one row, over all rounds. */
export interface Figures {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly all: readonly number[];
}

/** One line of the result. */
export interface Row {
  readonly name: string;
  readonly unit: string;
  /** Whether more is better. */
  readonly rising: boolean;
  readonly figures: Readonly<Record<string, Figures>>;
}

export type Scenario = (contest: Contest) => Promise<Row[]>;

/** Collects measurements by row and release, and makes medians of them. */
export class Ledger {
  readonly #rows = new Map<string, { unit: string; rising: boolean; measured: Map<string, number[]> }>();

  /** `rising`: more is better. */
  add(row: string, unit: string, rising: boolean, release: Release, value: number): void {
    const entry = this.#rows.get(row) ?? { unit, rising, measured: new Map() };
    this.#rows.set(row, entry);
    const values = entry.measured.get(release.name) ?? [];
    entry.measured.set(release.name, [...values, value]);
  }

  rows(): Row[] {
    return [...this.#rows].map(([name, { unit, rising, measured }]) => ({
      name,
      unit,
      rising,
      figures: Object.fromEntries([...measured].map(([release, values]) => [release, figuresOf(values)])),
    }));
  }
}

function figuresOf(values: readonly number[]): Figures {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = (sorted.length - 1) / 2;
  const median = ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
  return { median, least: sorted[0] ?? 0, most: sorted.at(-1) ?? 0, all: values };
}

/** The releases' order in a round: it alternates, so that a drift of the machine favours neither. */
export function orderOf<T>(round: number, all: readonly T[]): readonly T[] {
  return round % 2 === 0 ? all : all.toReversed();
}

/** Makes a place for each release, runs `work`, and stops and removes all of them whatever happens. */
export async function withPlaces<T>(
  releases: readonly Release[],
  work: (places: readonly ServerPlace[]) => Promise<T>,
): Promise<T> {
  const places: ServerPlace[] = [];
  try {
    for (const release of releases) places.push(await ServerPlace.make(release));
    return await work(places);
  } finally {
    for (const place of places) await place.close();
  }
}

/** Sends a management request; fails unless it is answered with 200. */
export async function manage(place: ServerPlace, method: string, path: string): Promise<void> {
  const answer = await fetch(`${place.management}${path}`, { method });
  const text = await answer.text();
  if (answer.status !== 200)
    throw new Error(`${place.release.name}: ${method} ${path} was answered ${answer.status}: ${text}`);
}
