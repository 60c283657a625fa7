import type { Parameter } from '../../batching/inference.js';
import { ServingError } from '../../errors/serving-error.js';

/**
 * Reads an `application/x-www-form-urlencoded` body. Values are bytes as the client encoded them, whatever their charset.
 * A last name without `=` is dropped, one before `&` has an empty value.
 * @throws ServingError badRequest for a malformed escape or an empty name.
 */
export function readForm(body: Uint8Array): Parameter[] {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1');
  const pieces = text.split('&');
  const parameters: Parameter[] = [];
  for (const [index, piece] of pieces.entries()) {
    const equals = piece.indexOf('=');
    if (piece === '' || (equals === -1 && index === pieces.length - 1)) {
      continue;
    }
    const name = decode(equals === -1 ? piece : piece.slice(0, equals)).toString('utf8');
    if (name === '') {
      throw new ServingError('badRequest', 'The form holds a value without a name; write name=value.');
    }
    parameters.push({ name, contentType: '', value: decode(equals === -1 ? '' : piece.slice(equals + 1)) });
  }
  return parameters;
}

function decode(text: string): Buffer {
  const bad = /%(?![0-9a-fA-F]{2})/.exec(text);
  if (bad !== null) {
    const shown = text.slice(bad.index, bad.index + 3);
    throw new ServingError(
      'badRequest',
      `The form holds the malformed escape ${JSON.stringify(shown)}; write a percent sign as %25.`,
    );
  }
  const plain = text.replaceAll('+', ' ');
  return Buffer.from(
    plain.replace(/%(..)/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16))),
    'latin1',
  );
}
