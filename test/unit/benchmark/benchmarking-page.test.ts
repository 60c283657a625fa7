import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { settingKeys } from '../../../src/benchmark/settings/benchmark-settings.js';
import { ParserExit } from '../../../src/cli/archiver/argument-parser.js';
import { parseBenchmarkWords } from '../../../src/cli/benchmark-words.js';
import { projectRoot } from '../../support/release.js';

const page = readFileSync(join(projectRoot, 'docs/benchmarking.md'), 'utf8');

/** Flags as the help spells them first. */
function help(): string[] {
  let text = '';
  const out = {
    write: (more: string) => {
      text += more;
      return true;
    },
  };
  expect(() => parseBenchmarkWords(['--help'], { out, err: out })).toThrow(ParserExit);
  return [...text.matchAll(/^ {2}(--[a-z-]+)/gm)].map(([, flag = '']) => flag);
}

test('docs/benchmarking.md tells of every flag of torchserve-benchmark, and of no other', () => {
  const command = page.slice(0, page.indexOf('## npm run bench'));
  const told = new Set(command.match(/(?<=`)--[a-z-]+(?=[`,])/g));
  // of other commands
  for (const flag of ['--bench']) told.delete(flag);
  expect([...told].toSorted()).toEqual(help().toSorted());
});

test('every flag is a key of files, and the other way round but for those that only files have', () => {
  const keys = help().map((flag) => flag.slice(2).replaceAll('-', '_'));
  const onlyInFiles = ['benchmark_engine', 'processors', 'retry_attempts', 'test_plan', 'timeout_ms'];
  expect([...keys, ...onlyInFiles].toSorted()).toEqual([...settingKeys, 'config'].toSorted());
});
