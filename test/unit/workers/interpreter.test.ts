import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { StartupError } from '../../../src/errors/startup-error.js';
import { inspectInterpreter, likelyInterpreter } from '../../../src/workers/interpreter.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

/** A program that stands where a Python is looked for, and answers the check with `script`. */
function program(path: string, script: string): string {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

const answers = (executable: string, problems: object[] = []) =>
  `echo '${JSON.stringify({ python: '3.11.7', executable, torch: '2.13.0', problems })}'`;

test('what was told comes first, then the active virtual environment', async () => {
  const folder = temporaryFolder();
  const told = program(join(folder, 'told'), answers('/told'));
  program(join(folder, 'venv/bin/python'), answers('/active'));
  const environment = { VIRTUAL_ENV: join(folder, 'venv') };
  expect(await inspectInterpreter({ python: told }, environment)).toEqual({
    executable: '/told',
    python: '3.11.7',
    torch: '2.13.0',
  });
  expect((await inspectInterpreter({ python: null }, environment)).executable).toBe('/active');
});

test('it runs the check with the path that workers will have', async () => {
  const folder = temporaryFolder();
  const told = program(join(folder, 'told'), `echo "$PYTHONPATH $*" > ${folder}/seen\n${answers('/told')}`);
  await inspectInterpreter({ python: told }, { PYTHONPATH: '/mine' });
  expect(readFileSync(join(folder, 'seen'), 'utf8')).toMatch(/^\/mine:\/.*\/python_backend -m ts_worker\.check\n$/);
});

test('the likely one is where the check would find it, and an absolute path', () => {
  const folder = temporaryFolder();
  const told = program(join(folder, 'told'), 'exit 1');
  const onPath = program(join(folder, 'bin/python3.99'), 'exit 1');
  mkdirSync(join(folder, 'first/python3.99'), { recursive: true });
  const environment = { PATH: `${join(folder, 'nowhere')}:${join(folder, 'first')}:${join(folder, 'bin')}` };
  expect(likelyInterpreter({ python: told }, {})).toBe(told);
  expect(likelyInterpreter({ python: relative(process.cwd(), told) }, {})).toBe(told);
  expect(likelyInterpreter({ python: 'python3.99' }, environment)).toBe(onPath);
  expect(likelyInterpreter({ python: join(folder, 'none') }, environment)).toBeNull();
});

async function refusal(python: string): Promise<string> {
  const error = await inspectInterpreter({ python }, {}).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StartupError);
  return (error as StartupError).message;
}

test('what is missing is said with its cure', async () => {
  const folder = temporaryFolder();
  const problems = [
    { missing: 'torch', cure: 'pip install torch' },
    { missing: 'psutil', cure: 'pip install psutil' },
  ];
  const python = program(join(folder, 'bare'), answers('/bare', problems));
  expect(await refusal(python)).toBe(
    `The Python ${python} (as configured) lacks torch, psutil; cure: pip install torch && pip install psutil`,
  );
});

test('what is no Python is refused', async () => {
  const folder = temporaryFolder();
  expect(await refusal(join(folder, 'none'))).toContain('There is no Python at');
  const old = program(join(folder, 'old'), 'echo "SyntaxError: invalid syntax" >&2; exit 1');
  expect(await refusal(old)).toBe(`The Python ${old} (as configured) cannot run workers: SyntaxError: invalid syntax`);
  const other = program(join(folder, 'other'), 'echo hello');
  expect(await refusal(other)).toContain('does not answer as a Python does: it said "hello"');
});
