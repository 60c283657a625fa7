#!/usr/bin/env node
/**
 * Everything about the project that can be checked without running it. Each check runs even if an earlier one failed.
 *
 *     npm run check [-- NAME ...]
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureEnvironment } from '../python_backend/environment.mjs';
import { ensurePackages, exitWith, root } from './setup.mjs';

const bin = (name) => join(root, 'node_modules/.bin', name);
const backend = join(root, 'python_backend');

const checks = {
  types: () =>
    run(bin('tsc'), ['-p', '.', '--incremental', '--tsBuildInfoFile', 'node_modules/.cache/check.tsbuildinfo']),
  style: () => run(bin('biome'), ['ci', '--colors=off']),
  imports: () => run(bin('depcruise'), ['src', '--config', '.dependency-cruiser.cjs', '--output-type', 'err']),
  generated: () => run(process.execPath, ['proto/generate.mjs', '--check']),
  version: () => checkVersion(),
  ruff: (python) => run(python, ['-m', 'ruff', 'check', '.']),
  'ruff format': (python) => run(python, ['-m', 'ruff', 'format', '--check', '.']),
  mypy: (python) => run(python, ['-m', 'mypy', '--strict', 'ts_worker'], backend),
};

/** Answers what is wrong, or undefined. */
function run(command, args, cwd = root) {
  const done = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1 << 26,
  });
  if (done.status === 0) return undefined;
  return done.error ? done.error.message : `${done.stdout}${done.stderr}`.trimEnd();
}

/** The newest release in the changelog is the version in package.json, and changes since then have their place. */
function checkVersion() {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const headings = [...readFileSync(join(root, 'CHANGELOG.md'), 'utf8').matchAll(/^## \[?([^\]\s]+)/gm)].map(
    (match) => match[1],
  );
  if (headings[0] !== 'Unreleased') return 'CHANGELOG.md has no "## Unreleased" as its first part';
  const released = headings[1] ?? '0.1.0';
  return released === version
    ? undefined
    : `package.json says ${version}, CHANGELOG.md's newest release is ${released}`;
}

const names = process.argv.slice(2);
const unknown = names.find((name) => !(name in checks));
if (unknown) {
  console.error(`There is no check "${unknown}": choose among ${Object.keys(checks).join(', ')}.`);
  process.exit(2);
}
try {
  ensurePackages();
  let failed = 0;
  for (const [name, check] of Object.entries(checks)) {
    if (names.length > 0 && !names.includes(name)) continue;
    const started = Date.now();
    const problem = check(check.length > 0 ? await ensureEnvironment('test') : undefined);
    if (problem) failed += 1;
    console.log(
      `${problem ? 'FAIL' : 'ok  '} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)${problem ? `\n${problem}` : ''}`,
    );
  }
  process.exitCode = failed > 0 ? 1 : 0;
} catch (error) {
  exitWith(error);
}
