import type { InferenceInput } from '../../src/batching/inference.js';

let count = 0;

/** A request with a body of its own. */
export function inferenceInput(input: Partial<InferenceInput> = {}): InferenceInput {
  count += 1;
  return {
    requestId: `request-${count}`,
    headers: [],
    parameters: [{ name: 'body', contentType: '', value: Buffer.from(String(count)) }],
    ...input,
  };
}
