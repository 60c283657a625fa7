import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '../../support/release.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

describe.each(['model', 'workflow'])('the command torch-%s-archiver', (kind) => {
  const command = `torch-${kind}-archiver`;

  /** A package of the command and nothing else but what `main` is; answers a link to the command. */
  function install(main?: string): string {
    const folder = temporaryFolder('bin');
    for (const name of ['package/bin', 'package/dist/cli', 'links']) mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, 'package/package.json'), '{"type": "module"}');
    copyFileSync(join(projectRoot, 'bin', command), join(folder, 'package/bin', command));
    if (main !== undefined) writeFileSync(join(folder, `package/dist/cli/${kind}-archiver.js`), main);
    symlinkSync(`../package/bin/${command}`, join(folder, 'links', command));
    return join(folder, 'links', command);
  }

  it('says in one sentence that it is not built', () => {
    const { status, stdout, stderr } = spawnSync(install(), { encoding: 'utf8', cwd: '/' });
    expect({ status, stdout, stderr }).toEqual({
      status: 1,
      stdout: '',
      stderr: 'torchbridge is not built yet: run "npm run build"\n',
    });
  });

  it('runs through a link, from any folder, with its words and its exit code', () => {
    const link = install(
      `export const ${kind}Archiver = async (words) => { console.log(JSON.stringify(words)); return words.length; };`,
    );
    const { status, stdout } = spawnSync(link, ['--a', 'b c'], { encoding: 'utf8', cwd: '/' });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '["--a","b c"]\n' });
    expect(execFileSync(link, [], { encoding: 'utf8' })).toBe('[]\n');
  });
});
