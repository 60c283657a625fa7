import type { CallTrace } from '../observability/tracing/tracing.js';

/** A value that lies outside of the heap, where a worker can read it without its being sent. */
export interface StoredBytes {
  readonly length: number;
  /** A copy. */
  read(): Uint8Array;
}

/** The bytes of a value, wherever it lies. */
export function bytesOf(value: Uint8Array | StoredBytes): Uint8Array {
  return value instanceof Uint8Array ? value : value.read();
}

/** One named value of a request, as it goes to the handler's data dict. */
export interface Parameter {
  /** Key in the handler's dict; `body` for a body that is no form. */
  readonly name: string;
  /** Media type without its parameters, in the client's spelling; empty where the client gave none. */
  readonly contentType: string;
  readonly value: Uint8Array | StoredBytes;
}

/** What a caller asks of a model, whichever door it came through. */
export interface InferenceInput {
  /** Shown to the client as x-request-id and to the handler as its request id. */
  readonly requestId: string;
  readonly parameters: readonly Parameter[];
  /** Name, value, name, value, ... in the client's spelling and order; injected ones last. */
  readonly headers: readonly string[];
  /** Absent where it is not traced. */
  readonly trace?: CallTrace | undefined;
}

/** What a handler answered to one request. */
export interface Answer {
  readonly status: number;
  readonly phrase: string;
  /** Name, value, name, value, ... as the handler set them; `content-type` is among them only if it set one. */
  readonly headers: readonly string[];
  readonly body: Uint8Array;
  /** Present on a streamed result: the pieces after the first, which is `body`. Throws if the stream breaks. */
  readonly rest?: AsyncIterable<Uint8Array>;
}

/** A request under way. */
export interface Inference {
  /** Settles exactly once; rejects with a ServingError. */
  readonly answer: Promise<Answer>;
  /** The caller is gone: leave the queue, or tell the handler. Safe at any time. */
  cancel(): void;
}
