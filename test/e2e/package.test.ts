import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packArchive } from '../support/archive.js';
import { runCommand } from '../support/command.js';
import { ours, projectRoot } from '../support/release.js';
import { ServerPlace } from '../support/server.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const digits = join(projectRoot, 'examples/digits');

describe('the packed tarball, installed', () => {
  const prefix = realpathSync(mkdtempSync(join(tmpdir(), 'tb-pack-')));
  const release = ours(join(prefix, 'bin'));

  beforeAll(async () => {
    // the test run has built dist; building it again here would pull it away from under other tests
    const packed = await runCommand(['npm', 'pack', '--ignore-scripts', '--json', '--pack-destination', prefix], {
      cwd: projectRoot,
    });
    expect(packed.status, packed.stderr).toBe(0);
    const [{ filename, files }] = JSON.parse(packed.stdout);
    const paths: string[] = files.map((file: { path: string }) => file.path);
    expect(paths).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'bin/torchserve', 'proto/worker.proto']));
    expect(paths.filter((path) => /^(src|test|examples|benchmarks|shared)\/|__pycache__|\.pyc$/.test(path))).toEqual(
      [],
    );
    const words = ['npm', 'install', '--global', '--prefix', prefix, '--no-audit', '--no-fund', join(prefix, filename)];
    const installed = await runCommand(words, { cwd: prefix, timeoutMs: 280_000 });
    expect(installed.status, installed.stderr).toBe(0);
  });

  afterAll(() => rmSync(prefix, { recursive: true, force: true }));

  test('its commands serve a model from another folder', async () => {
    const place = await ServerPlace.make(release);
    try {
      await packArchive(
        place.store,
        {
          name: 'digits',
          handler: join(digits, 'handler.py'),
          modelFile: join(digits, 'model.py'),
          serializedFile: join(digits, 'digits.pth'),
          extraFiles: [join(digits, 'index_to_name.json')],
        },
        release,
      );
      await place.start({ models: ['digits=digits.mar'] });
      const sample = await runCommand(
        ['curl', '-sS', '-X', 'POST', `${place.inference}/predictions/digits`, '-T', join(digits, 'samples/4.png')],
        { cwd: place.folder },
      );
      expect(Object.keys(JSON.parse(sample.stdout))[0]).toBe('four');
      // what runs is the installed package, not this working tree
      expect(place.processes().filter(({ command }) => command.includes(projectRoot))).toEqual([]);
    } finally {
      await place.close();
    }
  });
});

test('the commands work through symlinks and from any folder', async () => {
  const folder = temporaryFolder('link');
  const linked = join(folder, 'linked');
  mkdirSync(linked);
  // as `npm link` does it: a link to the package, and a link to its command through that link
  symlinkSync(projectRoot, join(folder, 'torchbridge'));
  for (const name of ['torchserve', 'torch-model-archiver'])
    symlinkSync(`../torchbridge/bin/${name}`, join(linked, name));
  for (const [name, words, expected] of [
    ['torchserve', ['--version'], /^TorchServe Version is 0\.12\.0/],
    ['torch-model-archiver', ['--help'], /--model-name/],
  ] as const) {
    const { status, stdout, stderr } = await runCommand([join(linked, name), ...words], { cwd: '/' });
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(expected);
  }
});
