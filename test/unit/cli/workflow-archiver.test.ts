import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { defaultLimits } from '../../../src/archive/limits.js';
import { unpack } from '../../../src/archive/unpack.js';
import { workflowArchiver } from '../../../src/cli/workflow-archiver.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

let folder: string;
let out: string;

beforeEach(() => {
  folder = temporaryFolder('workflow');
  out = join(folder, 'out');
  mkdirSync(out);
  vi.stubEnv('SOURCE_DATE_EPOCH', '');
  vi.stubEnv('COLUMNS', '80');
  for (const name of ['spec.yaml', 'h.py', 'extra.txt']) writeFileSync(join(folder, name), name);
});

afterEach(() => {
  vi.unstubAllEnvs();
});

async function run(...words: string[]) {
  const printed = { out: '', err: '' };
  const to = (name: 'out' | 'err') =>
    new Writable({
      write(chunk, _encoding, done) {
        printed[name] += chunk;
        done();
      },
    });
  const status = await workflowArchiver(words, { out: to('out'), err: to('err') });
  return { status, ...printed };
}

const at = (name: string): string => join(folder, name);
const make = (...words: string[]) =>
  run('--workflow-name', 'w', '--spec-file', at('spec.yaml'), '--handler', at('h.py'), '--export-path', out, ...words);
const silent = { status: 0, out: '', err: '' };
const failed = (message: string) => ({ status: 1, out: '', err: `ERROR - ${message}\n` });

describe('an archive of a workflow', () => {
  it('holds its files and a manifest as TorchServe writes it', async () => {
    expect(await make('--extra-files', `${at('extra.txt')}`)).toEqual(silent);
    const root = await unpack(join(out, 'w.war'), at('unpacked'), defaultLimits);
    expect(readdirSync(root).sort()).toEqual(['WAR-INF', 'extra.txt', 'h.py', 'spec.yaml']);
    expect(readFileSync(join(root, 'WAR-INF/MANIFEST.json'), 'utf8')).toBe(`{
  "createdOn": "01/01/1980 00:00:00",
  "workflow": {
    "workflowName": "w",
    "specFile": "spec.yaml",
    "handler": "h.py"
  },
  "archiverVersion": "0.2.15"
}`);
  });

  it('is the same from the same input', async () => {
    await make();
    const first = readFileSync(join(out, 'w.war'));
    await make('-f');
    expect(readFileSync(join(out, 'w.war')).equals(first)).toBe(true);
  });

  it('is replaced only when forced', async () => {
    await make();
    expect(await make()).toEqual(
      failed(
        `${out}/w.war already exists.\n` +
          'Please specify --force/-f option to overwrite the workflow archive output file.\nSee -h/--help for more details.',
      ),
    );
    expect(await make('--force')).toEqual({ ...silent, err: `WARNING - Overwriting ${out}/w.war ...\n` });
  });

  it.each([
    [
      ['--workflow-name', 'w 2'],
      'Workflow name contains special characters.\n' +
        'The allowed regular expression filter for workflow name is: ^[A-Za-z0-9][A-Za-z0-9_\\-.]*$',
    ],
    [
      ['--export-path', '/nowhere/at/all'],
      'Given export-path /nowhere/at/all is not a directory. Point to a valid export-path directory.',
    ],
    [['--spec-file', 'absent.yaml'], "No such file or directory: 'absent.yaml' (--spec-file)"],
    [['--handler', 'absent.py'], "No such file or directory: 'absent.py' (--handler)"],
    [['--handler', ''], 'A workflow needs the Python file with its functions: --handler <file>'],
    [['--extra-files', '/'], "Is a directory: '/' (--extra-files takes a file)"],
    [['--extra-files', 'a,'], "No such file or directory: 'a' (--extra-files)"],
  ])('is refused with %j', async (words, message) => {
    expect(await make(...words)).toEqual(failed(message));
    expect(readdirSync(out)).toEqual([]);
  });

  it('needs its flags', async () => {
    expect(await run('--workflow-name', 'w')).toEqual({
      status: 2,
      out: '',
      err: `usage: torch-workflow-archiver [-h] --workflow-name WORKFLOW_NAME
                               --spec-file SPEC_FILE [--handler HANDLER]
                               [--export-path EXPORT_PATH] [-f]
                               [--extra-files EXTRA_FILES]
torch-workflow-archiver: error: the following arguments are required: --spec-file
`,
    });
  });
});
