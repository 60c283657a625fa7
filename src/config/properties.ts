import { StartupError } from '../errors/startup-error.js';

/** One entry of a Java .properties file. */
export interface Property {
  readonly key: string;
  readonly value: string;
  /** Where it begins, counted from 1. */
  readonly line: number;
}

/**
 * Reads a Java .properties file: Latin-1; `#` and `!` comments; `=`, `:` or blanks between key and value; a backslash
 * continues a line or escapes a character. Blanks at the end of a value are kept.
 * @param file its name, for messages.
 * @throws StartupError on an escape `\u` without four hexadecimal digits.
 */
export function parseProperties(bytes: Uint8Array, file: string): Property[] {
  const natural = Buffer.from(bytes)
    .toString('latin1')
    .split(/\r\n|\r|\n/);
  const properties: Property[] = [];
  for (let index = 0; index < natural.length; index++) {
    const line = index + 1;
    let logical = trimStart(natural[index] ?? '');
    if (logical === '' || logical.startsWith('#') || logical.startsWith('!')) {
      continue;
    }
    while (endsOpen(logical)) {
      index += 1;
      logical = logical.slice(0, -1) + trimStart(natural[index] ?? '');
    }
    const [key, value] = split(logical);
    const read = (raw: string) => unescaped(raw, () => `${file}, line ${line}`);
    properties.push({ key: read(key), value: read(value), line });
  }
  return properties;
}

function trimStart(line: string): string {
  return line.replace(/^[ \t\f]+/, '');
}

/** Whether an odd number of backslashes ends the line. */
function endsOpen(line: string): boolean {
  return ((/\\*$/.exec(line)?.[0].length ?? 0) & 1) === 1;
}

function split(logical: string): [key: string, value: string] {
  const match = /^((?:\\.|[^\\=: \t\f])*)[ \t\f]*(?:[=:][ \t\f]*)?(.*)$/s.exec(logical);
  return [match?.[1] ?? logical, match?.[2] ?? ''];
}

const LETTERS: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' };

function unescaped(text: string, where: () => string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|(.?))/gs, (_, hex: string | undefined, letter: string) => {
    if (hex !== undefined) {
      return String.fromCharCode(Number.parseInt(hex, 16));
    }
    if (letter === 'u') {
      throw new StartupError(`Invalid configuration: ${where()}: \\u takes four hexadecimal digits.`);
    }
    return LETTERS[letter] ?? letter;
  });
}

/** Writes a file that `parseProperties` and Java read back; comments come first. */
export function formatProperties(
  entries: Iterable<readonly [key: string, value: string]>,
  comments: readonly string[] = [],
) {
  const lines = comments.map((comment) => `#${comment}`);
  for (const [key, value] of entries) {
    lines.push(`${escaped(key, true)}=${escaped(value, false)}`);
  }
  return `${lines.join('\n')}\n`;
}

function escaped(text: string, isKey: boolean): string {
  return text.replace(/[^\x21-\x7e]|[\\=:#!]/g, (character, at: number) => {
    switch (character) {
      case '\t':
        return '\\t';
      case '\n':
        return '\\n';
      case '\r':
        return '\\r';
      case '\f':
        return '\\f';
      case ' ':
        return isKey || at === 0 ? '\\ ' : ' ';
      default:
        return /[\x21-\x7e]/.test(character)
          ? `\\${character}`
          : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
    }
  });
}
