import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCommand } from '../support/command.js';
import { freePorts } from '../support/free-ports.js';
import { processesLeft } from '../support/processes.js';
import { projectRoot } from '../support/release.js';
import { temporaryFolder } from '../support/temporary-folder.js';

function quickstart(folder: string, ...words: string[]) {
  const script = join(projectRoot, 'examples/quickstart.mjs');
  return runCommand([process.execPath, script, ...words], { cwd: folder, env: { ...process.env, TMPDIR: folder } });
}

test('the quickstart types the seven commands, shows their answers and leaves nothing', async () => {
  const folder = temporaryFolder('quick');
  const port = await freePorts(5);
  const { status, stdout, stderr } = await quickstart(folder, '--port', String(port));
  expect(status, stdout + stderr).toBe(0);
  const typed = stdout.split('\n').flatMap((line) => (line.startsWith('$ ') ? [line.slice(2).split(' ')[0]] : []));
  expect(typed).toEqual(['torch-model-archiver', 'mkdir', 'torchserve', 'curl', 'curl', 'curl', 'curl', 'torchserve']);
  expect(stdout).toContain('"seven": 0.98');
  expect(stdout).toContain('Model \\"my_model\\" unregistered');
  expect(await processesLeft(folder)).toEqual([]);
});

test('with --keep the server stays up until it is told to stop', async () => {
  const folder = temporaryFolder('quick');
  const port = await freePorts(5);
  const { status, stdout, stderr } = await quickstart(folder, '--keep', '--port', String(port));
  expect(status, stdout + stderr).toBe(0);
  const answer = await fetch(`http://127.0.0.1:${port}/ping`);
  expect(await answer.json()).toEqual({ status: 'Healthy' });
  // the lines that it prints for going on are typed as they are
  const advice = stdout.slice(stdout.indexOf('  export PATH')).trim();
  const stopped = await runCommand(['sh', '-c', advice], { cwd: folder, env: { ...process.env, TMPDIR: folder } });
  expect(stopped.status, stopped.stdout + stopped.stderr).toBe(0);
  expect(await processesLeft(folder)).toEqual([]);
});

test('a taken port is one sentence with the cure', async () => {
  const folder = temporaryFolder('quick');
  const port = await freePorts(5);
  const other = createServer();
  await new Promise<void>((done) => other.listen(port + 1, '127.0.0.1', done));
  try {
    const { status, stderr } = await quickstart(folder, '--port', String(port));
    expect(status).toBe(1);
    expect(stderr).toMatch(new RegExp(`^Port ${port + 1} is taken: .* run "npm run quickstart -- --port \\d+"\\.\n$`));
  } finally {
    other.close();
  }
});

test.each([
  ['--port', 'abc'],
  ['--port', '99999'],
  ['--prot', '8080'],
])('%s %s is refused in one sentence', async (...words) => {
  const { status, stderr } = await quickstart(temporaryFolder('quick'), ...words);
  expect(status).toBe(1);
  expect(stderr).toMatch(/--port/);
  expect(stderr.trim().split('\n')).toHaveLength(1);
});
