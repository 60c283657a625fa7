/**
 * Symbols by the length of their code, shortest first (RFC 7541, appendix B). The code is canonical: within a length,
 * codes count up with the symbols, so that the lengths say all of it. The end-of-string symbol is left out: its code is
 * all ones, and so is what pads a string.
 */
const symbols: Readonly<Record<number, string>> = {
  5: '012aceiost',
  6: ' %-./3456789=A_bdfghlmnpru',
  7: ':BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz',
  8: '&*,;XZ',
  10: '!"()?',
  11: "'+|",
  12: '#>',
  13: '\0$@[]~',
  14: '^}',
  15: '<`{',
};
/** What is longer stands for no character that a status or a message of gRPC is written in (they are percent-encoded). */
const longest = 15;
const codes = codesOf();

/** The text of a Huffman-coded string of HPACK; `?` from the first character on that is not in printable ASCII. */
export function huffmanText(bytes: Uint8Array): string {
  let text = '';
  // The 1 in front keeps leading zeros apart.
  let code = 1;
  let length = 0;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit -= 1) {
      code = (code << 1) | ((byte >> bit) & 1);
      length += 1;
      const symbol = codes.get(code);
      if (symbol !== undefined) {
        text += symbol;
        code = 1;
        length = 0;
      } else if (length > longest) return `${text}?`;
    }
  }
  return text;
}

function codesOf(): ReadonlyMap<number, string> {
  const found = new Map<number, string>();
  let code = 0;
  let before = 0;
  for (const [length, text] of Object.entries(symbols)) {
    for (const symbol of text) {
      code <<= Number(length) - before;
      before = Number(length);
      found.set((1 << before) | code, symbol);
      code += 1;
    }
  }
  return found;
}
