import { ServingError } from '../../errors/serving-error.js';

/** JSON as TorchServe's clients know it: indented by two, fields that are undefined left out, one newline at the end. */
export function jsonDocument(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/**
 * Reads a request body that has to be a JSON object.
 * @throws ServingError badRequest saying what is wrong.
 */
export function readJsonObject(body: Uint8Array): Record<string, unknown> {
  if (body.length === 0) {
    throw new ServingError('badRequest', 'The request body is empty; it has to be a JSON object.');
  }
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'));
  } catch (error) {
    throw new ServingError('badRequest', `The request body is not valid JSON: ${(error as Error).message}.`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ServingError('badRequest', 'The request body has to be a JSON object.');
  }
  return value as Record<string, unknown>;
}
