import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import type { OpenedArchive } from '../../../src/archive/archive.js';
import { openArchive } from '../../../src/archive/open.js';
import { type PythonSetup, preparePython } from '../../../src/archive/requirements.js';
import { manifest, writeZip } from '../../support/model-archive.js';
import { processesLeft } from '../../support/processes.js';
import { type RawEntry, rawZip } from '../../support/raw-zip.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const python = execFileSync(process.env['TS_PYTHON'] ?? 'python3', ['-c', 'import sys; print(sys.executable)'], {
  encoding: 'utf8',
}).trim();

let folder: string;
let store: string;

beforeEach(() => {
  folder = realpathSync(temporaryFolder('pip'));
  store = join(folder, 'store');
  mkdirSync(store);
});

/** A wheel of one module, `value`, so that nothing is fetched from anywhere. */
function wheel(name: string, value: string): RawEntry {
  const info = `${name}-1.0.dist-info`;
  const data = rawZip([
    { name: `${name}.py`, data: `VALUE = ${JSON.stringify(value)}\n` },
    { name: `${info}/METADATA`, data: `Metadata-Version: 2.1\nName: ${name}\nVersion: 1.0\n` },
    { name: `${info}/WHEEL`, data: 'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n' },
    { name: `${info}/RECORD`, data: `${name}.py,,\n${info}/METADATA,,\n${info}/WHEEL,,\n${info}/RECORD,,\n` },
  ]);
  return { name: `${name}-1.0-py3-none-any.whl`, data };
}

/** Opens an archive with these requirements and further files. */
async function open(requirements: string, entries: readonly RawEntry[], yaml = ''): Promise<OpenedArchive> {
  const model = { modelName: 'm', requirementsFile: 'requirements.txt', configFile: 'c.yaml' };
  writeZip(join(store, 'm.mar'), [
    { name: 'requirements.txt', data: requirements },
    { name: 'c.yaml', data: yaml },
    ...entries,
    { name: 'MAR-INF/MANIFEST.json', data: manifest(model) },
  ]);
  return await openArchive('m.mar', { modelStore: store, allowedUrls: [], unpackRoot: join(folder, 'unpacked') });
}

const prepare = (archive: OpenedArchive, setup: Partial<PythonSetup> = {}) =>
  preparePython(archive, {
    modelName: 'm',
    runtime: 'python',
    python,
    env: { ...process.env, PIP_NO_INDEX: '1', PIP_CONFIG_FILE: '/dev/null' },
    install: true,
    ...setup,
  });

/** What an interpreter prints, with these folders on its path. */
const printed = (interpreter: string, pythonPath: readonly string[], code: string): string =>
  execFileSync(interpreter, ['-c', code], {
    encoding: 'utf8',
    env: { ...process.env, PYTHONPATH: pythonPath.join(':') },
  }).trim();

describe('the requirements of a model', () => {
  it('are installed into a folder of its own', async () => {
    const archive = await open('./tbtiny-1.0-py3-none-any.whl\n', [wheel('tbtiny', 'first')]);
    const before = readdirSync(archive.folder).sort();
    const prepared = await prepare(archive);
    expect(prepared.python).toBe(python);
    expect(printed(python, prepared.pythonPath, 'import tbtiny; print(tbtiny.VALUE)')).toBe('first');
    expect(readdirSync(archive.folder).sort()).toEqual(before);
    expect(readdirSync(archive.privateFolder).sort()).toEqual(['model', 'packages']);
    await archive.remove();
    expect(existsSync(archive.privateFolder)).toBe(false);
  });

  it('are not seen by another model, which may have a module of the same name', async () => {
    const first = await prepare(await open('./tbtiny-1.0-py3-none-any.whl', [wheel('tbtiny', 'first')]));
    const second = await prepare(await open('./tbtiny-1.0-py3-none-any.whl', [wheel('tbtiny', 'second')]));
    const code = 'import tbtiny; print(tbtiny.VALUE)';
    expect(printed(python, first.pythonPath, code)).toBe('first');
    expect(printed(python, second.pythonPath, code)).toBe('second');
    expect(() => printed(python, [], code)).toThrow("No module named 'tbtiny'");
  });

  it('are left alone unless the configuration says so, and where there are none', async () => {
    const archive = await open('no-such-package-anywhere', []);
    expect(await prepare(archive, { install: false })).toEqual({ python, pythonPath: [] });
    const without = { ...archive, manifest: null };
    expect(await prepare(without)).toEqual({ python, pythonPath: [] });
    expect(readdirSync(archive.privateFolder)).toEqual(['model']);
  });

  it('that pip cannot find are told in its own words, and nothing stays', async () => {
    const archive = await open('tbtiny @ file:///nowhere/tbtiny-1.0-py3-none-any.whl\n', []);
    await expect(prepare(archive)).rejects.toEqual(
      expect.objectContaining({
        status: 400,
        type: 'ModelException',
        message: expect.stringMatching(/^Custom pip package installation failed for model m: .*nowhere/),
      }),
    );
    expect(readdirSync(archive.privateFolder)).toEqual(['model']);
  });

  it('of which the second cannot be had leave nothing of the first', async () => {
    const archive = await open('./tbtiny-1.0-py3-none-any.whl\ntb-no-such-package==9.9\n', [wheel('tbtiny', 'x')]);
    await expect(prepare(archive)).rejects.toThrow(
      /^Custom pip package installation failed for model m: .*No matching distribution found for tb-no-such-package==9\.9/,
    );
    expect(readdirSync(archive.privateFolder)).toEqual(['model']);
  });

  it('that the archive lacks, or that lie outside it, are named', async () => {
    const archive = await open('', []);
    for (const requirementsFile of ['absent.txt', '../../secret.txt', '/etc/passwd']) {
      const changed = { ...archive, manifest: { model: { requirementsFile } } };
      await expect(prepare(changed)).rejects.toThrow(
        `Custom pip package installation failed for model m: the archive has no file ${requirementsFile}, which its manifest names`,
      );
    }
  });

  it('without an interpreter are told so', async () => {
    const archive = await open('x', []);
    await expect(prepare(archive, { python: '/nowhere/python' })).rejects.toThrow(
      /^Custom pip package installation failed for model m: .*\/nowhere\/python/,
    );
  });

  it('stop being installed when told, with everything that pip started', async () => {
    // A package whose set-up never ends, in the build backend that it brings along.
    const archive = await open('./hang\n', [
      {
        name: 'hang/pyproject.toml',
        data: '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n[project]\nname = "hang"\nversion = "1"\n',
      },
      {
        name: 'hang/backend.py',
        data: [
          'import pathlib, time',
          'def prepare_metadata_for_build_wheel(*args, **kwargs):',
          `    pathlib.Path(${JSON.stringify(join(folder, 'hanging'))}).touch()`,
          '    time.sleep(600)',
          'build_wheel = prepare_metadata_for_build_wheel',
        ].join('\n'),
      },
    ]);
    const stop = new AbortController();
    const preparing = prepare(archive, { signal: stop.signal });
    preparing.catch(() => undefined);
    while (!existsSync(join(folder, 'hanging'))) await sleep(50);
    stop.abort(new Error('the server stops'));
    await expect(preparing).rejects.toThrow('the server stops');
    expect(await processesLeft(folder)).toEqual([]);
    expect(readdirSync(archive.privateFolder)).toEqual(['model']);
  });
});

describe('a virtual environment of a model', () => {
  it('has the requirements, and behind them what the interpreter of the server has', async () => {
    const archive = await open('./tbtiny-1.0-py3-none-any.whl', [wheel('tbtiny', 'venv')], 'useVenv: true');
    const prepared = await prepare(archive);
    expect(prepared.pythonPath).toEqual([]);
    expect(prepared.python).toBe(join(archive.privateFolder, 'venv/bin/python'));
    const code = 'import pip, sys, tbtiny; print(tbtiny.VALUE, sys.prefix)';
    expect(printed(prepared.python, [], code)).toBe(`venv ${join(archive.privateFolder, 'venv')}`);
    await archive.remove();
    expect(existsSync(archive.privateFolder)).toBe(false);
  });

  it('is made without requirements too, and for the runtime python alone', async () => {
    const archive = await open('tb-no-such-package', [], 'useVenv: true');
    expect((await prepare(archive, { install: false })).python).toContain('/venv/bin/python');
    const other = await open('tb-no-such-package', [], 'useVenv: true');
    expect((await prepare(other, { install: false, runtime: 'python3' })).python).toBe(python);
  });

  it('is not left behind without its requirements', async () => {
    const archive = await open('tb-no-such-package', [], 'useVenv: true');
    await expect(prepare(archive)).rejects.toThrow(/^Custom pip package installation failed for model m: /);
    expect(readdirSync(archive.privateFolder)).toEqual(['model']);
  });

  it('that cannot be made is told', async () => {
    const archive = await open('', [], 'useVenv: true');
    // What passes for an interpreter here knows no venv.
    writeFileSync(
      join(folder, 'python'),
      `#!/bin/sh\n[ "$1" = -c ] && exec ${python} "$@"\necho "no venv here" >&2\nexit 3\n`,
      {
        mode: 0o755,
      },
    );
    await expect(prepare(archive, { python: join(folder, 'python') })).rejects.toEqual(
      expect.objectContaining({
        status: 400,
        type: 'ModelException',
        message: 'Virtual environment creation failed for model m: no venv here',
      }),
    );
    expect(readdirSync(archive.privateFolder)).toEqual(['model']);
  });
});
