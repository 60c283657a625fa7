import { Latencies } from './latencies.js';
import type { LoadResult, Outcome, Second } from './load.js';

/** Hears how every request ended. */
export interface Observer {
  /** @param since when the request was sent, or should have been, as performance.now() tells. */
  ended(since: number, outcome: Outcome): void;
  /** The generator sent so many milliseconds later than intended. */
  late(milliseconds: number): void;
}

/** For a warm-up. */
export const nobody: Observer = { ended: () => {}, late: () => {} };

/** Keeps what a load's requests came to, overall and second by second. */
export class Recorder implements Observer {
  readonly #begin = performance.now();
  readonly #cpu = process.cpuUsage();
  readonly #latency = new Latencies();
  readonly #firstByte = new Latencies();
  readonly #lateness = new Latencies();
  readonly #outcomes = new Map<string, number>();
  readonly #timeline: Second[] = [];
  readonly #told: (second: Second) => void;
  readonly #current = { latency: new Latencies(), answered: 0, failed: 0 };
  #firstFailure: string | null = null;
  #answered = 0;
  #failed = 0;
  #pieces = 0;
  #bytes = 0;
  #last = this.#begin;

  /** @param told hears each second once it is over. */
  constructor(told: (second: Second) => void = () => {}) {
    this.#told = told;
  }

  ended(since: number, outcome: Outcome): void {
    const now = performance.now();
    this.#turnSeconds(now);
    this.#last = now;
    this.#outcomes.set(outcome.status, (this.#outcomes.get(outcome.status) ?? 0) + 1);
    this.#pieces += outcome.pieces;
    this.#bytes += outcome.bytes;
    if (outcome.ok) {
      this.#answered += 1;
      this.#current.answered += 1;
      if (outcome.firstByte >= since) this.#firstByte.record(outcome.firstByte - since);
    } else {
      this.#failed += 1;
      this.#current.failed += 1;
      this.#firstFailure ??= `${outcome.status} ${outcome.text}`.trim();
    }
    if (outcome.ok || outcome.status === 'timeout') {
      this.#latency.record(now - since);
      this.#current.latency.record(now - since);
    }
  }

  late(milliseconds: number): void {
    this.#lateness.record(milliseconds);
  }

  result(): LoadResult {
    const { user, system } = process.cpuUsage(this.#cpu);
    const milliseconds = Math.max(1, this.#last - this.#begin);
    if (this.#current.answered + this.#current.failed > 0) this.#endSecond();
    return {
      seconds: milliseconds / 1000,
      answered: this.#answered,
      failed: this.#failed,
      outcomes: Object.fromEntries(this.#outcomes),
      firstFailure: this.#firstFailure,
      perSecond: (this.#answered * 1000) / milliseconds,
      latency: this.#latency.text(),
      firstByte: this.#firstByte.text(),
      pieces: this.#pieces,
      bytes: this.#bytes,
      lateP99: this.#lateness.count === 0 ? 0 : this.#lateness.at(99),
      generatorCpu: (user + system) / 1000 / milliseconds,
      timeline: this.#timeline,
    };
  }

  #turnSeconds(now: number): void {
    while (now - this.#begin >= (this.#timeline.length + 1) * 1000) this.#endSecond();
  }

  #endSecond(): void {
    const { latency, answered, failed } = this.#current;
    const second = { second: this.#timeline.length, answered, failed, p50: latency.at(50), p99: latency.at(99) };
    this.#timeline.push(second);
    this.#told(second);
    latency.reset();
    this.#current.answered = 0;
    this.#current.failed = 0;
  }
}
