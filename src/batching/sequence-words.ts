import { randomUUID } from 'node:crypto';
import type { SequenceHeaders } from '../config/sequence-headers.js';
import type { InferenceInput } from './inference.js';

/** What the headers of a request say. */
export interface SequenceWords {
  /** Empty where there is none. */
  readonly id: string;
  readonly starts: boolean;
  readonly ends: boolean;
}

/** Reads the headers of a request: `true` in any case is true, anything else is false. */
export function sequenceWords(headers: readonly string[], names: SequenceHeaders): SequenceWords {
  return {
    id: lastValue(headers, names.id) ?? '',
    starts: isTrue(lastValue(headers, names.start)),
    ends: isTrue(lastValue(headers, names.end)),
  };
}

/** The request itself where it names its sequence; else one that starts a sequence of its own, with a new id. */
export function inSequence(input: InferenceInput, names: SequenceHeaders): InferenceInput {
  if (lastValue(input.headers, names.id)) return input;
  return { ...input, headers: [...input.headers, names.id, newSequenceId(), names.start, 'true'] };
}

/** As TorchServe makes them. */
export function newSequenceId(): string {
  return `ts-seq-${randomUUID()}`;
}

/** The sequences that an answer closes: its end header names them, with semicolons between. */
export function closedSequences(headers: readonly string[], names: SequenceHeaders): string[] {
  const value = lastValue(headers, names.end);
  return value === undefined ? [] : value.split(';').flatMap((id) => id.trim() || []);
}

function lastValue(headers: readonly string[], name: string): string | undefined {
  for (let at = headers.length - 2; at >= 0; at -= 2) {
    if (headers[at] === name) return headers[at + 1];
  }
  return undefined;
}

function isTrue(value: string | undefined): boolean {
  return value?.toLowerCase() === 'true';
}
