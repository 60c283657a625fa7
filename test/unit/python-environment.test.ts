import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { projectRoot } from '../support/release.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const script = join(projectRoot, 'python_backend/environment.mjs');

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * environment.mjs as a program, with a `python3` on its path that is a shell script: it says of itself what the test
 * wants, makes "environments" that hold a copy of it, and takes a while to "install".
 */
describe('making a Python environment', () => {
  let folder: string;
  let bin: string;
  let cache: string;

  beforeEach(() => {
    folder = temporaryFolder('env');
    bin = join(folder, 'bin');
    cache = join(folder, 'cache');
    mkdirSync(bin);
  });

  function writePython(
    path: string,
    { version = '[3, 11, 7]', canMake = true, found = true, pip = 'true' } = {},
  ): void {
    const lines = [
      '#!/bin/sh',
      'case "$*" in',
      `  *ensurepip*) echo '[${version}, "CPython", "x86_64", "${path}", ${canMake}]' ;;`,
      `  *find_spec*) echo '${found ? '[]' : '["torch", "grpc"]'}' ;;`,
      `  "-m venv "*) /bin/mkdir -p "$3/bin"; /bin/cp "$0" "$3/bin/python"; echo made >> '${folder}/made' ;;`,
      `  "-m pip "*) ${pip} ;;`,
      '  *) exit 3 ;;',
      'esac',
    ];
    writeFileSync(path, `${lines.join('\n')}\n`);
    chmodSync(path, 0o755);
  }

  function run(env: NodeJS.ProcessEnv = {}, name = 'vision'): Promise<Outcome> {
    const child = spawn(process.execPath, [script, name], {
      env: { PATH: bin, HOME: folder, TORCHBRIDGE_CACHE: cache, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const texts = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text) => {
        texts[stream] += text;
      });
    }
    return new Promise((done) => child.once('close', (status) => done({ status, ...texts })));
  }

  /** Fails unless the program ended with status 1 and exactly one line, which matches. */
  function expectSentence({ status, stdout, stderr }: Outcome, pattern: RegExp): void {
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    const last = stderr.trim().split('\n').at(-1) ?? '';
    expect(last).toMatch(pattern);
    expect(stderr).not.toMatch(/^\s+at /m);
  }

  test('without Python', async () => {
    expectSentence(await run(), /^There is no python3 on PATH: install Python 3\.9 or newer\.$/);
  });

  test('with a Python that is too old', async () => {
    writePython(join(bin, 'python3'), { version: '[3, 8, 10]' });
    expectSentence(await run(), /is Python 3\.8\.10, and 3\.9 is the oldest that works: .*TS_PYTHON\.$/);
  });

  test('with a Python that cannot make environments', async () => {
    writePython(join(bin, 'python3'), { canMake: false });
    expectSentence(await run(), /cannot make virtual environments: install its venv module .*python3\.11-venv\)\.$/);
  });

  test('with a name that is none', async () => {
    expectSentence(
      await run({}, 'tests'),
      /no environment "tests": choose one of default, test, vision, reference, reference-vision, parallel, openapi\.$/,
    );
  });

  test('with a cache that cannot be written', async () => {
    writePython(join(bin, 'python3'));
    writeFileSync(join(folder, 'file'), '');
    const outcome = await run({ TORCHBRIDGE_CACHE: join(folder, 'file/below') });
    expectSentence(outcome, /cannot be written \(ENOTDIR\): name another in TORCHBRIDGE_CACHE\.$/);
  });

  test('an interpreter that has everything is taken as it is', async () => {
    const python = join(folder, 'python-of-mine');
    writePython(python);
    expect(await run({ TS_PYTHON: python }, 'default')).toEqual({ status: 0, stdout: `${python}\n`, stderr: '' });
    expect(existsSync(cache)).toBe(false);
  });

  test('so is the active virtual environment', async () => {
    const active = join(folder, 'active');
    mkdirSync(join(active, 'bin'), { recursive: true });
    writePython(join(active, 'bin/python'));
    expect((await run({ VIRTUAL_ENV: active }, 'test')).stdout).toBe(`${join(active, 'bin/python')}\n`);
  });

  test('TS_PYTHON that lacks something is told the command that installs it', async () => {
    const python = join(folder, 'python-of-mine');
    writePython(python, { found: false });
    const outcome = await run({ TS_PYTHON: python }, 'default');
    expectSentence(
      outcome,
      /has no torch, grpc: install them with ".* -m pip install -r .*default\.txt", or unset TS_PYTHON\.$/,
    );
  });

  test('TS_PYTHON that is no interpreter', async () => {
    expectSentence(
      await run({ TS_PYTHON: '/nowhere/python' }, 'default'),
      /^TS_PYTHON names \/nowhere\/python, which does not run/,
    );
  });

  test('it is made once and found again', async () => {
    writePython(join(bin, 'python3'));
    const first = await run();
    expect(first.status, first.stderr).toBe(0);
    expect(first.stdout.trim()).toMatch(/\/cache\/python\/vision-[0-9a-f]{12}\/bin\/python$/);
    expect(await run()).toEqual({ status: 0, stdout: first.stdout, stderr: '' });
    expect(readFileSync(join(folder, 'made'), 'utf8')).toBe('made\n');
  });

  test('two at a time make one', async () => {
    writePython(join(bin, 'python3'), { pip: '/bin/sleep 1' });
    const [one, other] = await Promise.all([run(), run()]);
    expect([one.status, other.status]).toEqual([0, 0]);
    expect(one.stdout).toBe(other.stdout);
    expect(one.stderr + other.stderr).toMatch(/Waiting for process \d+, which is making/);
    expect(readFileSync(join(folder, 'made'), 'utf8')).toBe('made\n');
  });

  test('a builder that died does not stand in the way', async () => {
    writePython(join(bin, 'python3'));
    const { stdout } = await run();
    const made = stdout.trim().replace(/\/bin\/python$/, '');
    // as after a kill in the middle: no mark of completeness, and the lock of a process that is gone
    unlinkSync(join(made, 'complete'));
    const gone = spawn('/bin/true');
    await new Promise((done) => gone.once('close', done));
    writeFileSync(`${made}.lock`, String(gone.pid));
    const again = await run();
    expect(again).toMatchObject({ status: 0, stdout });
    expect(readdirSync(join(cache, 'python')).filter((name) => name.includes('.lock'))).toEqual([]);
  });

  test('an install that fails says why and where to read on, and is tried again', async () => {
    const python = join(bin, 'python3');
    writePython(python, { pip: 'echo "ERROR: No matching distribution found for torch==2.14.1" >&2; exit 1' });
    const outcome = await run();
    expectSentence(
      outcome,
      /"vision" failed: No matching distribution found for torch==2\.14\.1 \(all that was printed: .*\.log\)\.$/,
    );
    writePython(python);
    expect((await run()).status).toBe(0);
  });
});
