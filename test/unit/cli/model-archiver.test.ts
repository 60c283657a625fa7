import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { defaultLimits } from '../../../src/archive/limits.js';
import { unpack } from '../../../src/archive/unpack.js';
import { modelArchiver } from '../../../src/cli/model-archiver.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

let folder: string;
let out: string;

beforeEach(() => {
  folder = temporaryFolder('archiver');
  out = join(folder, 'out');
  mkdirSync(out);
  vi.stubEnv('SOURCE_DATE_EPOCH', '');
  vi.stubEnv('COLUMNS', '80');
  write('h.py', 'handler');
  write('w.pt', 'weights');
});

afterEach(() => {
  vi.unstubAllEnvs();
});

function write(name: string, text = name): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  return path;
}

const inFolder = (name: string): string => join(folder, name);

/** Runs the archiver on words; what it printed and its exit code. */
async function run(...words: string[]) {
  const printed = { out: '', err: '' };
  const to = (name: 'out' | 'err') =>
    new Writable({
      write(chunk, _encoding, done) {
        printed[name] += chunk;
        done();
      },
    });
  const status = await modelArchiver(words, { out: to('out'), err: to('err') });
  return { status, ...printed };
}

/** With what every archive needs. */
const make = (...words: string[]) =>
  run('--model-name', 'm', '--handler', inFolder('h.py'), '-v', '1.0', '--export-path', out, ...words);

const silent = { status: 0, out: '', err: '' };

/** The files of an archive by name. */
async function contents(file = 'm.mar'): Promise<Record<string, string>> {
  const target = join(temporaryFolder('contents'), 'unpacked');
  const root = file.endsWith('/') ? join(out, file.slice(0, -1)) : await unpack(join(out, file), target, defaultLimits);
  const entries = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(paths.map((path) => [path.slice(root.length + 1), readFileSync(path, 'utf8')]));
}

const manifestOf = async (file = 'm.mar') => JSON.parse((await contents(file))['MAR-INF/MANIFEST.json'] ?? '');

describe('an archive', () => {
  it('holds what the flags name, and a manifest as TorchServe writes it', async () => {
    write('model.py');
    write('req.txt');
    write('c.yaml');
    const words = ['--serialized-file', inFolder('w.pt'), '--model-file', inFolder('model.py')];
    const more = ['-r', inFolder('req.txt'), '-c', inFolder('c.yaml'), '--runtime', 'python3'];
    expect(await make(...words, ...more)).toEqual(silent);
    const { 'MAR-INF/MANIFEST.json': manifest, ...files } = await contents();
    expect(files).toEqual({
      'h.py': 'handler',
      'w.pt': 'weights',
      'model.py': 'model.py',
      'req.txt': 'req.txt',
      'c.yaml': 'c.yaml',
    });
    expect(manifest).toBe(`{
  "createdOn": "01/01/1980 00:00:00",
  "runtime": "python3",
  "model": {
    "modelName": "m",
    "serializedFile": "w.pt",
    "handler": "h.py",
    "modelFile": "model.py",
    "modelVersion": "1.0",
    "requirementsFile": "req.txt",
    "configFile": "c.yaml"
  },
  "archiverVersion": "0.12.0"
}`);
  });

  it('bears the time of SOURCE_DATE_EPOCH', async () => {
    vi.stubEnv('SOURCE_DATE_EPOCH', '1700000000');
    await make();
    expect((await manifestOf()).createdOn).toBe('14/11/2023 22:13:20');
    vi.stubEnv('SOURCE_DATE_EPOCH', 'yesterday');
    expect(await make('-f')).toMatchObject({
      status: 1,
      err: expect.stringContaining(
        "ERROR - SOURCE_DATE_EPOCH is 'yesterday', should be seconds since 1970 as a whole number\n",
      ),
    });
  });

  it('has a manifest in ASCII', async () => {
    await make('-v', '1.0-größe');
    expect((await contents())['MAR-INF/MANIFEST.json']).toContain('"1.0-gr\\u00f6\\u00dfe"');
    expect((await manifestOf()).model.modelVersion).toBe('1.0-größe');
  });

  it.each([
    ['default', 'm.mar'],
    ['zip-store', 'm.mar'],
    ['tgz', 'm.tar.gz'],
    ['no-archive', 'm/'],
  ])('of format %s is %s', async (format, file) => {
    expect(await make('--archive-format', format)).toEqual(silent);
    expect(Object.keys(await contents(file)).sort()).toEqual(['MAR-INF/MANIFEST.json', 'h.py']);
    expect(readdirSync(out)).toEqual([file.replace('/', '')]);
  });

  it('is written to the current folder unless told', async () => {
    const before = process.cwd();
    process.chdir(out);
    try {
      expect(await run('--model-name', 'm', '--handler', 'base_handler', '-v', '1')).toEqual(silent);
    } finally {
      process.chdir(before);
    }
    expect(readdirSync(out)).toEqual(['m.mar']);
  });
});

describe('the handler', () => {
  it.each([
    ['h.py', 'h.py', 'h.py'],
    ['h', 'h.py', 'h'],
    ['h:fn', 'h.py', 'h:fn'],
  ])('%s takes %s', async (handler, file, named) => {
    expect(await make('--handler', inFolder(handler))).toEqual(silent);
    expect(Object.keys(await contents()).sort()).toEqual(['MAR-INF/MANIFEST.json', file]);
    expect((await manifestOf()).model.handler).toBe(named);
  });

  it.each([
    'base_handler',
    'text_classifier',
    'image_classifier',
    'object_detector',
    'image_segmenter',
    'dali_image_classifier',
    'vllm_handler',
    'trt_llm_handler',
  ])('%s comes with the server', async (handler) => {
    expect(await make('--handler', handler)).toEqual(silent);
    expect(Object.keys(await contents())).toEqual(['MAR-INF/MANIFEST.json']);
  });

  it('of the runtime LSP is a library', async () => {
    const library = process.platform === 'darwin' ? 'lib.dylib' : 'lib.so';
    write(library);
    expect(await make('--runtime', 'LSP', '--handler', `${inFolder('lib')}:MyHandler`)).toEqual(silent);
    expect(Object.keys(await contents())).toContain(library);
    expect((await manifestOf()).model.handler).toBe('lib:MyHandler');
    expect(await make('-f', '--runtime', 'LSP', '--handler', 'BaseHandler')).toMatchObject({ status: 0 });
  });

  it.each([
    ['absent.py', /^ERROR - No such file or directory: '.*absent\.py' \(--handler\)\n$/],
    [
      'h.py:fn',
      /^ERROR - No such file or directory: '.*h\.py:fn' \(--handler; a function of a file is written .*h:fn\)\n$/,
    ],
  ])('%s is refused', async (handler, message) => {
    expect(await make('--handler', inFolder(handler))).toEqual({
      status: 1,
      out: '',
      err: expect.stringMatching(message),
    });
    expect(readdirSync(out)).toEqual([]);
  });
});

describe('extra files', () => {
  it('are files, contents of folders and patterns, the later of two names winning', async () => {
    write('extra/a.txt', 'a of extra');
    write('extra/sub/b.txt');
    write('extra/.dotfile');
    write('one/a.txt', 'a of one');
    write('maps/x.json');
    write('maps/y.json');
    write('maps/.hidden.json');
    write('maps/z.txt');
    expect(
      await make('--extra-files', `${inFolder('extra')},${inFolder('one/a.txt')},${inFolder('maps/*.json')},`),
    ).toEqual(silent);
    const { 'MAR-INF/MANIFEST.json': _manifest, ...files } = await contents();
    expect(files).toEqual({
      'h.py': 'handler',
      'a.txt': 'a of one',
      'sub/b.txt': 'extra/sub/b.txt',
      '.dotfile': 'extra/.dotfile',
      'x.json': 'maps/x.json',
      'y.json': 'maps/y.json',
    });
  });

  it('replace the handler, and are replaced by the requirements', async () => {
    write('extra/h.py', 'other');
    write('extra/req.txt', 'other');
    write('req.txt', 'mine');
    await make('--extra-files', inFolder('extra'), '-r', inFolder('req.txt'));
    expect(await contents()).toMatchObject({ 'h.py': 'other', 'req.txt': 'mine' });
  });

  it('leave out caches and hidden folders, at any depth', async () => {
    for (const name of ['__pycache__/a.pyc', '.git/x', 'pkg/__MACOSX/m', 'pkg/.venv/v', 'pkg/k.py', 'kept.pyc']) {
      write(`extra/${name}`);
    }
    mkdirSync(inFolder('extra/empty'));
    await make('--extra-files', inFolder('extra'));
    expect(Object.keys(await contents()).sort()).toEqual(['MAR-INF/MANIFEST.json', 'h.py', 'kept.pyc', 'pkg/k.py']);
  });

  it('hold what links lead to', async () => {
    write('elsewhere/b.txt', 'b');
    mkdirSync(inFolder('extra'));
    symlinkSync(inFolder('w.pt'), inFolder('extra/link.pt'));
    symlinkSync(inFolder('elsewhere'), inFolder('extra/linked'));
    await make('--extra-files', inFolder('extra'));
    expect(await contents()).toMatchObject({ 'link.pt': 'weights', 'linked/b.txt': 'b' });
  });

  it.each([
    ['[ab]?.txt', ['a1.txt', 'b1.txt']],
    ['*', ['a1.txt', 'b1.txt', 'c1.txt', 'inner.txt']],
    ['[!a]1.*', ['b1.txt', 'c1.txt']],
  ])('by the pattern %s', async (pattern, expected) => {
    for (const name of ['a1.txt', 'b1.txt', 'c1.txt', 'sub/inner.txt']) write(`extra/${name}`);
    expect(await make('--extra-files', inFolder(`extra/${pattern}`))).toEqual(silent);
    const names = Object.keys(await contents()).filter((name) => name.endsWith('.txt'));
    expect(names.sort()).toEqual(expected);
  });

  it('of a pattern that matches nothing are missed aloud', async () => {
    expect(await make('--extra-files', 'no-such-*.json')).toEqual({
      ...silent,
      err: 'WARNING - Given wildcard pattern did not match any file: no-such-*.json\n',
    });
  });

  it.each([
    [
      'that do not exist',
      () => `${inFolder('w.pt')}, ${inFolder('w.pt')}`,
      () => `File does not exist:  ${inFolder('w.pt')}`,
    ],
    ['that are devices', () => '/dev/null', () => 'Invalid extra file given /dev/null'],
    [
      'of two folders of one name',
      () => {
        write('one/sub/a');
        write('two/sub/b');
        return `${inFolder('one')},${inFolder('two')}`;
      },
      () => `Two folders would be 'sub' in the archive: ${inFolder('one/sub')} and ${inFolder('two/sub')}`,
    ],
    [
      'in a circle of links',
      () => {
        write('extra/sub/a');
        symlinkSync(inFolder('extra/sub'), inFolder('extra/sub/again'));
        return inFolder('extra');
      },
      () => `Invalid extra file given ${inFolder('extra/sub/again')}: it is a link to a folder that it lies in`,
    ],
    [
      'whose link leads nowhere',
      () => {
        mkdirSync(inFolder('extra'));
        symlinkSync(inFolder('gone'), inFolder('extra/broken'));
        return inFolder('extra');
      },
      () => `Invalid extra file given ${inFolder('extra/broken')}`,
    ],
  ])('%s are refused', async (_what, list, message) => {
    expect(await make('--extra-files', list())).toEqual({ status: 1, out: '', err: `ERROR - ${message()}\n` });
    expect(readdirSync(out)).toEqual([]);
  });
});

describe('what cannot be packed', () => {
  it.each(['', 'a b', '-m', '.m', 'a/b', 'm\n', 'é'])('a model called %j', async (name) => {
    expect(await run(`--model-name=${name}`, '--handler', inFolder('h.py'), '-v', '1', '--export-path', out)).toEqual({
      status: 1,
      out: '',
      err:
        'ERROR - Model name contains special characters.\n' +
        'The allowed regular expression filter for model name is: ^[A-Za-z0-9][A-Za-z0-9_\\-.]*$\n',
    });
  });

  it.each(['nowhere', 'h.py'])('into %s, which is no folder', async (name) => {
    expect(await make('--export-path', inFolder(name))).toEqual({
      status: 1,
      out: '',
      err: `ERROR - Given export-path ${inFolder(name)} is not a directory. Point to a valid export-path directory.\n`,
    });
  });

  it.each([
    ['default', 'm.mar'],
    ['tgz', 'm.tar.gz'],
    ['no-archive', 'm'],
  ])('over an archive of format %s, unless forced', async (format, file) => {
    await make('--archive-format', format);
    expect(await make('--archive-format', format)).toEqual({
      status: 1,
      out: '',
      err:
        `ERROR - ${out}/${file} already exists.\n` +
        'Please specify --force/-f option to overwrite the model archive output file.\nSee -h/--help for more details.\n',
    });
    expect(await make('--archive-format', format, '-f')).toEqual({
      ...silent,
      err: `WARNING - Overwriting ${out}/${file} ...\n`,
    });
  });

  it.each([
    ['--serialized-file', 'absent.pt'],
    ['--model-file', 'absent.py'],
    ['--requirements-file', 'absent.txt'],
    ['--config-file', 'absent.yaml'],
  ])('a %s that does not exist', async (flag, name) => {
    expect(await make(flag, inFolder(name))).toEqual({
      status: 1,
      out: '',
      err: `ERROR - No such file or directory: '${inFolder(name)}' (${flag})\n`,
    });
    expect(readdirSync(out)).toEqual([]);
  });

  it('weights that are a folder', async () => {
    expect(await make('--serialized-file', out)).toMatchObject({
      status: 1,
      err: `ERROR - Is a directory: '${out}' (--serialized-file takes a file)\n`,
    });
  });

  it('where nothing can be written', async () => {
    // A folder stands where the archive should go.
    mkdirSync(join(out, 'm.mar/x'), { recursive: true });
    const { status, err } = await make('-f');
    expect(status).toBe(1);
    expect(err).toContain(
      `ERROR - Failed to save the model-archive to model-path "${out}". Check the file permissions and retry.\n`,
    );
    expect(readdirSync(out)).toEqual(['m.mar']);
  });
});

describe('a name of a temporary kind', () => {
  it('harms nothing: no staging folder is called after the model', async () => {
    const temporary = temporaryFolder('staging');
    vi.stubEnv('TMPDIR', temporary);
    mkdirSync(join(temporary, 'm'));
    writeFileSync(join(temporary, 'm/precious'), 'x');
    expect(await make('--export-path', temporary, '--archive-format', 'default')).toEqual(silent);
    expect(existsSync(join(temporary, 'm/precious'))).toBe(true);
    expect(readdirSync(temporary).sort()).toEqual(['m', 'm.mar']);
    rmSync(join(temporary, 'm.mar'));
  });
});

describe('the command line', () => {
  const usage = `usage: torch-model-archiver [-h] --model-name MODEL_NAME
                            [--serialized-file SERIALIZED_FILE]
                            [--model-file MODEL_FILE] --handler HANDLER
                            [--extra-files EXTRA_FILES]
                            [--runtime {python,python3,LSP}]
                            [--export-path EXPORT_PATH]
                            [--archive-format {tgz,no-archive,zip-store,default}]
                            [-f] -v VERSION [-r REQUIREMENTS_FILE]
                            [-c CONFIG_FILE]
`;

  it.each([
    [[], 'the following arguments are required: --model-name, --handler, -v/--version'],
    [['--model-name', 'm', '--handler', 'h', '-v'], 'argument -v/--version: expected one argument'],
    [
      ['--model-name', 'm', '--handler', 'h', '-v', '1', '--runtime', 'java'],
      "argument --runtime: invalid choice: 'java' (choose from 'python', 'python3', 'LSP')",
    ],
    [
      ['--model-name', 'm', '--handler', 'h', '-v', '1', '--archive-format', 'rar'],
      "argument --archive-format: invalid choice: 'rar' (choose from 'tgz', 'no-archive', 'zip-store', 'default')",
    ],
    [['--m', 'm'], 'ambiguous option: --m could match --model-name, --model-file'],
    [['--model-name', 'm', '--handler', 'h', '-v', '1', 'more', '--odd'], 'unrecognized arguments: more --odd'],
    [['--model-name', 'm', '--handler', 'h', '-v1', '--force=3'], "argument -f/--force: ignored explicit argument '3'"],
  ])('%j ends with 2', async (words, message) => {
    expect(await run(...words)).toEqual({
      status: 2,
      out: '',
      err: `${usage}torch-model-archiver: error: ${message}\n`,
    });
  });

  it.each(['-h', '--help', '--hel'])('%s prints the usage and every flag', async (flag) => {
    const { status, out: printed, err } = await run(flag);
    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(printed.startsWith(usage)).toBe(true);
    for (const name of [
      '--model-name',
      '--serialized-file',
      '--extra-files',
      '--force',
      '--version',
      '--config-file',
    ]) {
      expect(printed).toContain(`${name}`);
    }
  });

  it('may be abbreviated, joined and repeated', async () => {
    expect(await run('--model-n=x', `--ha=${inFolder('h.py')}`, '-v2', '--v', '3', '--export', out, '--forc')).toEqual(
      silent,
    );
    expect((await manifestOf('x.mar')).model).toMatchObject({ modelName: 'x', modelVersion: '3' });
  });
});
