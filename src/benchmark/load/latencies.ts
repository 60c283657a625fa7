import { build, decodeFromCompressedBase64, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js';

/** An hour, in microseconds. */
const longest = 3_600_000_000;

/** Counts times in buckets of 0.1 %: what it takes does not grow with how many there are. All times are in milliseconds. */
export class Latencies {
  readonly #histogram: Histogram;

  constructor(
    histogram = build({ lowestDiscernibleValue: 1, highestTrackableValue: longest, numberOfSignificantValueDigits: 3 }),
  ) {
    this.#histogram = histogram;
  }

  /** All of several, as {@link text} gave them. */
  static of(texts: readonly string[]): Latencies {
    const all = new Latencies();
    for (const text of texts) all.#histogram.add(decodeFromCompressedBase64(text));
    return all;
  }

  get count(): number {
    return this.#histogram.totalCount;
  }

  get mean(): number {
    return this.count === 0 ? Number.NaN : this.#histogram.mean / 1000;
  }

  get max(): number {
    return this.count === 0 ? Number.NaN : this.#histogram.maxValue / 1000;
  }

  /** Times outside of a microsecond to an hour count as the nearest of the two. */
  record(milliseconds: number): void {
    this.#histogram.recordValue(Math.min(longest, Math.max(1, Math.round(milliseconds * 1000))));
  }

  /** The time that `percent` of all are not above; NaN where nothing was recorded. */
  at(percent: number): number {
    return this.count === 0 ? Number.NaN : this.#histogram.getValueAtPercentile(percent) / 1000;
  }

  /**
   * How many fall into each of `bins` bins between the quickest and the slowest, which grow by the same factor each;
   * the last ends at the slowest.
   */
  bins(bins: number): { from: number; to: number; count: number }[] {
    if (this.count === 0) return [];
    const least = Math.max(1, this.#histogram.minNonZeroValue);
    const factor = (Math.max(this.#histogram.maxValue, least * 1.1) / least) ** (1 / bins);
    const edges = Array.from({ length: bins + 1 }, (_, index) => (least * factor ** index) / 1000);
    let below = 0;
    return edges.slice(1).map((to, index) => {
      const upTo = index === bins - 1 ? this.count : this.#countUpTo(to);
      const count = upTo - below;
      below = upTo;
      return { from: edges[index] ?? 0, to, count };
    });
  }

  text(): string {
    return encodeIntoCompressedBase64(this.#histogram);
  }

  reset(): void {
    this.#histogram.reset();
  }

  /** By halving, since the histogram answers percentiles only. */
  #countUpTo(milliseconds: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      // Half an entry less, so that rounding cannot step over it.
      if (this.at(((middle - 0.5) / this.count) * 100) <= milliseconds) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
