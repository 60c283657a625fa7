import { bytesOf, type Parameter } from '../../batching/inference.js';
import type { Answer__Output } from '../../generated/torchbridge/worker/v1/Answer.js';
import type { Parameter as ParameterMessage } from '../../generated/torchbridge/worker/v1/Parameter.js';
import type { SharedMemory as Offer } from '../../generated/torchbridge/worker/v1/SharedMemory.js';
import { StoredBody } from '../shared-memory/body-store.js';
import type { MemoryFile } from '../shared-memory/memory-file.js';
import type { SharedMemory } from '../shared-memory/shared-memory.js';

/** Before each body of an answer stand so many bytes, the first of which says whether it is still to be read. */
const flagBytes = 8;
const READ = new Uint8Array([0]);

/** How the large bodies of one link travel: through shared memory where the worker has opened it, else in messages. */
export class LinkMemory {
  readonly #memory: SharedMemory | null;
  #answers: MemoryFile | null = null;
  /** What a batch in the worker's hands may still be read from, by its id. */
  readonly #held = new Map<number, StoredBody[]>();
  #shares = false;

  constructor(memory: SharedMemory | null) {
    this.#memory = memory;
  }

  /** What the worker is offered; null where there is nothing to share. */
  offer(): Offer | null {
    this.#answers ??= this.#memory?.answers() ?? null;
    if (!this.#memory || !this.#answers) return null;
    const { valuesFile, leastBytes } = this.#memory;
    return {
      valuesPath: valuesFile.path,
      valuesBytes: valuesFile.size,
      answersPath: this.#answers.path,
      answersBytes: this.#answers.size,
      leastBytes,
    };
  }

  /** The worker's word on the offer. */
  settle(accepted: boolean): void {
    this.#shares = accepted;
  }

  /** A parameter of a batch as it is sent; one that lies in shared memory stays there until `answered` or `close`. */
  parameter(batchId: number, parameter: Parameter): ParameterMessage {
    const { name, contentType, value } = parameter;
    if (value.length < (this.#memory?.leastBytes ?? 0) || !this.#shares) {
      return value instanceof Uint8Array
        ? (parameter as ParameterMessage)
        : { name, contentType, value: bytesOf(value) };
    }
    const stored = this.#stored(value);
    if (!stored) return { name, contentType, value: bytesOf(value) };
    const held = this.#held.get(batchId);
    if (held) held.push(stored);
    else this.#held.set(batchId, [stored]);
    return { name, contentType, shared: { offset: stored.offset, length: stored.length } };
  }

  /** Brings the body of an answer to where the rest of the frontend looks for it. */
  bring(answer: Answer__Output): void {
    if (answer.shared === null || !this.#answers) return;
    const { offset, length } = answer.shared;
    answer.body = this.#answers.read(offset, length);
    this.#answers.write(READ, offset - flagBytes);
  }

  /** The worker will not read the values of this batch any more. */
  answered(batchId: number): void {
    if (this.#held.size === 0) return;
    for (const stored of this.#held.get(batchId) ?? []) stored.release();
    this.#held.delete(batchId);
  }

  /** The worker is gone. */
  close(): void {
    for (const batchId of [...this.#held.keys()]) this.answered(batchId);
    this.#answers?.close();
    this.#answers = null;
  }

  /** The value in the store, with one holder more; null where it is not and cannot be put there. */
  #stored(value: Parameter['value']): StoredBody | null {
    if (value instanceof StoredBody) return value.hold() ? value : null;
    return value instanceof Uint8Array ? (this.#memory?.values.keep(value) ?? null) : null;
  }
}
