import { ServingError } from '../../errors/serving-error.js';

const PERCENT = 0x25;

/**
 * Decodes the percent escapes of `text` between two positions, as UTF-8; bytes that are none become U+FFFD.
 * @param plusIsSpace true in queries and forms, false in paths
 * @throws ServingError illegalArgument, in the words that TorchServe's clients know, with positions in the whole text.
 */
export function decodePercent(text: string, from: number, to: number, plusIsSpace: boolean): string {
  const raw = text.slice(from, to);
  const first = raw.indexOf('%');
  if (first === -1) {
    return plusIsSpace && raw.includes('+') ? raw.replaceAll('+', ' ') : raw;
  }
  let decoded = '';
  let index = from;
  while (index < to) {
    if (text.charCodeAt(index) === PERCENT) {
      const end = escapesEnd(text, index, to);
      decoded += Buffer.from(text.slice(index, end).replaceAll('%', ''), 'hex').toString('utf8');
      index = end;
    } else {
      const char = text.charAt(index);
      decoded += plusIsSpace && char === '+' ? ' ' : char;
      index += 1;
    }
  }
  return decoded;
}

/** Where a run of escapes ends; every one of them is checked. */
function escapesEnd(text: string, from: number, to: number): number {
  let index = from;
  while (index < to && text.charCodeAt(index) === PERCENT) {
    if (index + 3 > to) {
      throw new ServingError('illegalArgument', `unterminated escape sequence at index ${index} of: ${text}`);
    }
    const digits = text.slice(index + 1, index + 3);
    if (!/^[0-9a-f]{2}$/i.test(digits)) {
      throw new ServingError('illegalArgument', `invalid hex byte '${digits}' at index ${index + 1} of '${text}'`);
    }
    index += 3;
  }
  return index;
}
