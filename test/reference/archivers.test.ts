import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { defaultLimits } from '../../src/archive/limits.js';
import { unpack } from '../../src/archive/unpack.js';
import { runCommand } from '../support/command.js';
import { projectRoot, reference } from '../support/release.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** The interpreter of an environment with TorchServe; without one there is nothing to compare with. */
const python = process.env['TORCHBRIDGE_REFERENCE_PYTHON'];
const theirs = reference(python ?? 'python3');
const theirBin = dirname(theirs.archiver[0] ?? '');

let folder: string;

beforeEach(() => {
  folder = realpathSync(temporaryFolder('parity'));
  const write = (name: string, text = name) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  };
  for (const name of ['h.py', 'model.py', 'w.pt', 'req.txt', 'c.yaml', 'spec.yaml', 'one/a.txt', 'one/sub/b.txt']) {
    write(name);
  }
  for (const name of [
    'one/.dotfile',
    'one/.hidden/x',
    'one/__pycache__/a.pyc',
    'one/kept.pyc',
    'one/sub/__init__.py',
  ]) {
    write(name, '');
  }
  write('two/a.txt', 'other');
  write('two/w.pt', 'other');
  write('maps/x.json');
  write('maps/y.json');
  write('maps/deep/z.json');
  chmodSync(join(folder, 'h.py'), 0o755);
  symlinkSync('../w.pt', join(folder, 'one/link.pt'));
  symlinkSync('../maps', join(folder, 'one/linked'));
});

/** Every file below a folder, by its path, with what it holds; manifests without their time. */
function contents(root: string): Record<string, string> {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    entries.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      const text = readFileSync(path, 'utf8').replace(/"createdOn": ".{19}"/, '"createdOn": ""');
      return [path.slice(root.length + 1), text];
    }),
  );
}

/** Runs one archiver; its exit status, its messages without tracebacks, and what it made. */
async function pack(command: string, words: readonly string[], out: string) {
  mkdirSync(join(folder, out), { recursive: true });
  mkdirSync(join(folder, 'tmp'), { recursive: true });
  const env = { ...process.env, TMPDIR: join(folder, 'tmp'), COLUMNS: '80' };
  const done = await runCommand([command, ...words, '--export-path', out], { cwd: folder, env });
  const made: Record<string, unknown> = {};
  for (const name of readdirSync(join(folder, out)).sort()) {
    const path = join(folder, out, name);
    const target = join(mkdtempSync(join(folder, 'made-')), 'unpacked');
    made[name] = contents(statSync(path).isDirectory() ? path : await unpack(path, target, defaultLimits));
  }
  const messages = done.stderr.replaceAll(out, 'OUT').replace(/^Traceback[\s\S]*/m, '');
  return { status: done.status, stdout: done.stdout, messages, made };
}

const compare = async (command: string, words: readonly string[]) => {
  const [they, we] = [
    await pack(join(theirBin, command), words, 'theirs'),
    await pack(join(projectRoot, 'bin', command), words, 'ours'),
  ];
  return { they, we };
};

const base = ['--model-name', 'm', '--handler', 'h.py', '-v', '1.0'];

describe.runIf(python)('torch-model-archiver makes what the reference makes', () => {
  test.each([
    ['of the least', base],
    [
      'of every file',
      [...base, '--serialized-file', 'w.pt', '--model-file', 'model.py', '-r', 'req.txt', '-c', './c.yaml'],
    ],
    ['of extra files, folders, links and patterns', [...base, '--extra-files', 'one,two/a.txt,maps/*.json,maps/[xy]*']],
    ['of equal names', [...base, '--serialized-file', 'w.pt', '-r', 'req.txt', '--extra-files', 'two,one/sub']],
    ['of a pattern with folders', [...base, '--extra-files', 'maps/*']],
    ['with a pattern that matches nothing', [...base, '--extra-files', '*.none,w.*']],
    ['of a handler without ending', ['--model-name', 'm', '--handler', 'h', '-v', '1']],
    ['of a function', ['--model-name', 'm', '--handler', 'h:fn', '-v', '1']],
    ['of a handler of the server', ['--model-name', 'm-1.x_y', '--handler', 'image_classifier', '-v', '1']],
    ['for python3', [...base, '--runtime', 'python3']],
    ['for LSP', [...base, '--runtime', 'LSP', '--handler', 'BaseHandler']],
    ['stored', [...base, '--extra-files', 'one', '--archive-format', 'zip-store']],
    ['as tgz', [...base, '--extra-files', 'one', '--archive-format', 'tgz']],
    ['as a folder', [...base, '--extra-files', 'one', '--archive-format', 'no-archive']],
    ['of abbreviated flags', ['--model-n', 'm', '--ha', 'h.py', '--v=2', '--ser', 'w.pt']],
    ['of a version with quotes and signs', [...base, '-v', '1"\\/ü']],
  ])('%s', async (_what, words) => {
    const { they, we } = await compare('torch-model-archiver', words);
    expect(they.status).toBe(0);
    expect(we).toEqual(they);
  });
});

describe.runIf(python)('torch-model-archiver refuses what the reference refuses', () => {
  test.each([
    ['nothing', []],
    ['an unknown flag', [...base, '--odd']],
    ['a flag without its value', ['--model-name', 'm', '--handler', 'h.py', '-v']],
    ['an ambiguous flag', [...base, '--m', 'x']],
    ['an unknown format', [...base, '--archive-format', 'rar']],
    ['a bad name', ['--model-name', 'a b', '--handler', 'h.py', '-v', '1']],
  ])('%s, in the same words', async (_what, words) => {
    const { they, we } = await compare('torch-model-archiver', words);
    expect(they.status).not.toBe(0);
    // An entry of a usage that does not fit a line is wrapped differently from one Python to the next.
    const folded = (text: string) => text.replace(/\s+/g, ' ');
    expect({ ...we, messages: folded(we.messages) }).toEqual({ ...they, messages: folded(they.messages) });
  });

  test.each([
    ['a handler that is not there', ['--model-name', 'm', '--handler', 'absent', '-v', '1']],
    ['a function of a file with its ending', ['--model-name', 'm', '--handler', 'h.py:fn', '-v', '1']],
    ['weights that are a folder', [...base, '--serialized-file', 'one']],
    ['a blank behind a comma', [...base, '--extra-files', 'one, two']],
    ['a device', [...base, '--extra-files', '/dev/null']],
    ['a folder twice', [...base, '--extra-files', 'one,one']],
  ])('%s, with 1', async (_what, words) => {
    const { they, we } = await compare('torch-model-archiver', words);
    expect(they.status).toBe(1);
    expect({ status: we.status, made: we.made }).toEqual({ status: they.status, made: they.made });
  });

  test.each(['default', 'tgz', 'no-archive'])('an archive of format %s that exists, unless forced', async (format) => {
    const words = [...base, '--archive-format', format];
    await compare('torch-model-archiver', words);
    const again = await compare('torch-model-archiver', words);
    expect(again.they.status).toBe(1);
    expect(again.we).toEqual(again.they);
    const forced = await compare('torch-model-archiver', [...words, '-f']);
    expect(forced.they.status).toBe(0);
    expect(forced.we).toEqual(forced.they);
  });
});

describe.runIf(python)('torch-workflow-archiver', () => {
  const workflow = ['--workflow-name', 'w', '--spec-file', 'spec.yaml', '--handler', 'h.py'];

  test.each([
    ['the least', workflow],
    ['extra files', [...workflow, '--extra-files', 'w.pt,one/a.txt']],
  ])('makes what the reference makes of %s', async (_what, words) => {
    const { they, we } = await compare('torch-workflow-archiver', words);
    expect(they.status).toBe(0);
    expect(we).toEqual(they);
  });

  test.each([
    ['nothing', []],
    ['a bad name', [...workflow, '--workflow-name', 'a b']],
  ])('refuses %s in the same words', async (_what, words) => {
    const { they, we } = await compare('torch-workflow-archiver', words);
    const folded = (text: string) => text.replace(/\s+/g, ' ');
    expect({ ...we, messages: folded(we.messages) }).toEqual({ ...they, messages: folded(they.messages) });
  });
});
