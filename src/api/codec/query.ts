import { decodePercent } from './percent.js';

/** The query of a request target: `&` and `;` separate, `+` is a space. */
export class Query {
  readonly #pairs: readonly (readonly [name: string, value: string])[];

  private constructor(pairs: readonly (readonly [string, string])[]) {
    this.#pairs = pairs;
  }

  /**
   * @param target a request target as it was received, with or without a query
   * @throws ServingError illegalArgument for a malformed escape.
   */
  static of(target: string): Query {
    const start = target.indexOf('?');
    const hash = target.indexOf('#');
    const end = hash === -1 ? target.length : hash;
    const pairs: [string, string][] = [];
    let from = start === -1 ? end : start + 1;
    while (from < end) {
      const to = separatorFrom(target, from, end);
      if (to > from) {
        const equals = target.indexOf('=', from);
        const nameEnd = equals === -1 || equals > to ? to : equals;
        const name = decodePercent(target, from, nameEnd, true);
        pairs.push([name, decodePercent(target, Math.min(nameEnd + 1, to), to, true)]);
      }
      from = to + 1;
    }
    return new Query(pairs);
  }

  /** The first value of a name. */
  get(name: string): string | undefined {
    return this.#pairs.find((pair) => pair[0] === name)?.[1];
  }

  /** Every value of a name, in order. */
  getAll(name: string): string[] {
    return this.#pairs.filter((pair) => pair[0] === name).map((pair) => pair[1]);
  }

  /** Every pair, in order. */
  get pairs(): readonly (readonly [name: string, value: string])[] {
    return this.#pairs;
  }

  /** The first value of every name, as a plain object. */
  toObject(): Record<string, string> {
    const values: Record<string, string> = Object.create(null);
    for (const [name, value] of this.#pairs) {
      values[name] ??= value;
    }
    return values;
  }
}

function separatorFrom(target: string, from: number, end: number): number {
  for (let index = from; index < end; index++) {
    const char = target[index];
    if (char === '&' || char === ';') {
      return index;
    }
  }
  return end;
}
