import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ParserExit } from '../../../src/cli/archiver/argument-parser.js';
import { parseCommandLine } from '../../../src/cli/command-line.js';

test('docs/command-line.md tells of every flag, and of no other', () => {
  let help = '';
  const out = {
    write: (text: string) => {
      help += text;
      return true;
    },
  };
  expect(() => parseCommandLine(['--help'], { out, err: out })).toThrow(ParserExit);
  const flags = (text: string) => [...new Set(text.match(/--[a-z][a-z-]+/g))].sort();
  const page = readFileSync(new URL('../../../docs/command-line.md', import.meta.url), 'utf8');
  const table = page.split('\n').filter((line) => line.startsWith('| `'));
  expect([...flags(table.join('\n')), '--help'].sort()).toEqual(flags(help));
});
