import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { processesLeft } from '../support/processes.js';
import { projectRoot } from '../support/release.js';
import { Shell } from '../support/shell.js';

const pages = ['README.md', 'examples/digits/README.md', 'docs/development.md'];

interface Block {
  readonly language: string;
  readonly text: string;
}

function blocksOf(page: string): Block[] {
  const text = readFileSync(join(projectRoot, page), 'utf8');
  return [...text.matchAll(/^```(\S*)\n(.*?)^```$/gms)].map(([, language = '', body = '']) => ({
    language,
    text: body,
  }));
}

function blockWith(page: string, part: string): string {
  const block = blocksOf(page).find(({ text }) => text.includes(part));
  if (!block) throw new Error(`${page} has no block with "${part}"`);
  return block.text;
}

/** Runs a block in a copy of the example; answers what was printed. */
async function runBlock(text: string): Promise<string> {
  const shell = await Shell.open();
  onTestFinished(() => shell.close());
  const { status, stdout, stderr } = await shell.type(text);
  expect(status, `${stdout}${stderr}`).toBe(0);
  expect(await processesLeft(shell.folder)).toEqual([]);
  return stdout;
}

test('the seven commands of README.md', async () => {
  const printed = await runBlock(blockWith('README.md', 'torch-model-archiver'));
  expect(printed).toContain('"seven": 0.98');
  expect(printed).toContain('Model \\"my_model\\" unregistered');
});

test('the commands of the example', async () => {
  const page = 'examples/digits/README.md';
  const printed = await runBlock(blockWith(page, 'torch-model-archiver'));
  const promised: Record<string, number> = JSON.parse(blockWith(page, '"seven"'));
  const answer: Record<string, number> = JSON.parse(printed.slice(printed.indexOf('{'), printed.indexOf('}') + 1));
  expect(Object.keys(answer)).toEqual(Object.keys(promised));
  for (const [name, probability] of Object.entries(promised)) expect(answer[name]).toBeCloseTo(probability, 3);
});

test.each(pages)('%s names only scripts and files that are there', (page) => {
  const text = readFileSync(join(projectRoot, page), 'utf8');
  const { scripts } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
  const named = [...text.matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name ?? '');
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
  const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, path]) => path ?? '');
  expect(links.filter((path) => !existsSync(join(projectRoot, dirname(page), path)))).toEqual([]);
});
