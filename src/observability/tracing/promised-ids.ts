import { type IdGenerator, RandomIdGenerator } from '@opentelemetry/sdk-trace-base';

/**
 * Random ids. A span that is made after the fact, once its times are known, can be given the id under which others heard
 * of it before.
 */
export class PromisedIds implements IdGenerator {
  readonly #random = new RandomIdGenerator();
  #next: string | null = null;

  /** The id of a span that is still to be made. */
  promise(): string {
    return this.#random.generateSpanId();
  }

  /** The next span that is made is the promised one. */
  redeem(spanId: string): void {
    this.#next = spanId;
  }

  generateTraceId = (): string => this.#random.generateTraceId();

  generateSpanId = (): string => {
    const id = this.#next ?? this.#random.generateSpanId();
    this.#next = null;
    return id;
  };
}
