import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from './release.js';

/** The text of each test of this project, by its path: vitest's, pytest's, and the recorded suites. */
export function testTexts(): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const [folder, ending] of [
    ['test', '.test.ts'],
    ['test/conformance/suites', '.json'],
    ['python_backend/tests', '.py'],
  ] as const) {
    const names = readdirSync(join(projectRoot, folder), { recursive: true, encoding: 'utf8' });
    for (const name of names.filter((name) => name.endsWith(ending)).sort()) {
      texts.set(`${folder}/${name}`, readFileSync(join(projectRoot, folder, name), 'utf8'));
    }
  }
  return texts;
}

/** What a table tells of one name: the tests that show it. */
export interface Evidence {
  readonly name: string;
  readonly tests: readonly string[];
}

/** @param shows whether a test's text shows a name. */
export function evidenceOf(
  names: readonly string[],
  texts: ReadonlyMap<string, string>,
  shows: (name: string, text: string, path: string) => boolean,
): Evidence[] {
  return names.map((name) => ({
    name,
    tests: [...texts].filter(([path, text]) => shows(name, text, path)).map(([path]) => path),
  }));
}

const most = 3;

/** The rows of a Markdown table. Whole servers are shown before single parts. */
export function evidenceTable(heading: string, evidence: readonly Evidence[]): string {
  const order = ['test/e2e', 'test/integration', 'test/reference', 'test/conformance', 'python_backend', 'test/'];
  const rank = (path: string) => order.findIndex((folder) => path.startsWith(folder));
  const rows = evidence.map(({ name, tests }) => {
    const shown = [...tests].sort((a, b) => rank(a) - rank(b)).slice(0, most);
    return `| \`${name}\` | ${shown.join('<br>')} |`;
  });
  return [`| ${heading} | Tests |`, '|---|---|', ...rows].join('\n');
}

/** The rows that a page has, read back. */
export function tableRows(text: string): Evidence[] {
  return [...text.matchAll(/^\| `([^`]+)` \| (.*) \|$/gm)].map(([, name = '', cell = '']) => ({
    name,
    tests: cell.split('<br>').filter((path) => path !== ''),
  }));
}
