/** Holds lines back until it is known whether anyone should read them. */
export class HeldLines {
  readonly #onLine: (line: string) => void;
  #held: string[] | null = [];

  /** @param onLine gets those that were held, once they are released, and at once what comes later. */
  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  take(line: string): void {
    if (this.#held === null) this.#onLine(line);
    else this.#held.push(line);
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const line of held) this.#onLine(line);
  }

  /** Forgets those that are held. */
  drop(): void {
    this.#held = [];
  }
}
