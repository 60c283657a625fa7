import { ServingError } from '../errors/serving-error.js';

/** What the last nodes of a workflow gave, put together as its answer. */
export class LeafResults {
  readonly #leaves: readonly string[];
  readonly #results = new Map<string, Uint8Array>();

  constructor(leaves: readonly string[]) {
    this.#leaves = leaves;
  }

  /**
   * Takes the result of a leaf.
   * @throws ServingError internal naming it where it can have no place in the answer: of several, each has to be a JSON object.
   */
  add(leaf: string, result: Uint8Array): void {
    if (this.#leaves.length > 1 && !isJsonObject(result)) {
      throw new ServingError(
        'internal',
        `Error executing ${leaf}: its result has to be a JSON object, since the workflow ends in ${this.#leaves.length} nodes`,
      );
    }
    this.#results.set(leaf, result);
  }

  get complete(): boolean {
    return this.#results.size === this.#leaves.length;
  }

  /**
   * The answer: a sole leaf's bytes as they are, else a JSON object of leaf → result. Results are put in as they were
   * written, so that no number or order of keys is changed.
   */
  body(): Uint8Array {
    const [only = ''] = this.#leaves;
    if (this.#leaves.length === 1) return this.#results.get(only) ?? new Uint8Array();
    const members = this.#leaves.map((leaf) => {
      const text = textOf(this.#results.get(leaf) ?? new Uint8Array()).trim();
      // No text of JSON has a line break inside a string.
      return `  ${JSON.stringify(leaf)}: ${text.replaceAll('\n', '\n  ')}`;
    });
    return Buffer.from(`{\n${members.join(',\n')}\n}\n`);
  }
}

function isJsonObject(result: Uint8Array): boolean {
  try {
    const value: unknown = JSON.parse(textOf(result));
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
