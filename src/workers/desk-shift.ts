import type { Taker, VersionBatcher } from '../batching/version-batcher.js';

/** The time in which a desk pulls: from its opening until it is drained, or its worker is gone. */
export class DeskShift {
  readonly #batcher: VersionBatcher;
  readonly #desk: Taker;
  #open = false;
  #whenEmpty: (() => void)[] = [];

  constructor(batcher: VersionBatcher, desk: Taker) {
    this.#batcher = batcher;
    this.#desk = desk;
  }

  /** Whether the desk pulls. */
  get open(): boolean {
    return this.#open;
  }

  begin(): void {
    this.#open = true;
  }

  /** Stops to pull; resolves when the desk holds nothing. @param holds whether it holds something */
  async drain(holds: () => boolean): Promise<void> {
    await this.#batcher.retire(this.#desk);
    this.#open = false;
    this.#batcher.unwant(this.#desk);
    if (holds()) await new Promise<void>((resolve) => this.#whenEmpty.push(resolve));
  }

  /** The desk holds nothing. */
  emptied(): void {
    for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }

  /** The worker is gone: the desk pulls no more. */
  end(): void {
    this.#open = false;
  }
}
