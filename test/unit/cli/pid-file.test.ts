import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isAlive, isServer, SERVER_TITLE } from '../../../src/cli/living-process.js';
import { PidFile, temporaryFolder } from '../../../src/cli/pid-file.js';
import { stop } from '../../../src/cli/stop.js';

let folder: string;
let children: ChildProcess[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pid-'));
  children = [];
});
afterEach(() => {
  for (const child of children) {
    child.kill('SIGKILL');
  }
  rmSync(folder, { recursive: true, force: true });
});

/** A process that calls itself a server, or not, and does something when it is told to end. */
async function run(title: string, onTerm = 'process.exit(0)'): Promise<number> {
  const code = `process.title = ${JSON.stringify(title)}; process.on('SIGTERM', () => { ${onTerm} });
    setInterval(() => {}, 1000); process.stdout.write('up');`;
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  await once(child.stdout as NodeJS.ReadableStream, 'data');
  return child.pid as number;
}

const server = (pid: number, drainTimeoutSeconds = 1) => ({ pid, workingFolder: folder, drainTimeoutSeconds });
const GONE = 4194304;

/** Stops what a pid file names and answers what was printed. */
async function stopped(pidFile: PidFile): Promise<string> {
  let printed = '';
  const out = {
    write: (text: string) => {
      printed += text;
      return true;
    },
  };
  expect(await stop(pidFile, { out, err: out })).toBe(0);
  return printed;
}

describe('the file', () => {
  test('holds the id in decimal and nothing else, and is gone with its server', () => {
    const pidFile = new PidFile(folder);
    pidFile.claim(server(process.pid));
    expect(readFileSync(join(folder, '.model_server.pid'), 'utf8')).toBe(String(process.pid));
    expect(statSync(join(folder, '.model_server.json')).mode & 0o777).toBe(0o600);
    expect(pidFile.recordOf(process.pid)).toEqual(server(process.pid));
    pidFile.remove(GONE);
    expect(readdirSync(folder)).toHaveLength(2);
    pidFile.remove(process.pid);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('of a process that is gone, or of none at all, is an orphan', () => {
    const pidFile = new PidFile(folder);
    expect(pidFile.isOrphan()).toBe(false);
    for (const text of [String(GONE), 'abc', '', '0', '-1']) {
      writeFileSync(pidFile.path, text);
      expect(pidFile.isOrphan()).toBe(true);
      expect(pidFile.runningServer()).toBeNull();
    }
  });

  test('of another program is neither an orphan nor a server', async () => {
    const pidFile = new PidFile(folder);
    writeFileSync(pidFile.path, String(await run('another program')));
    expect(pidFile.isOrphan()).toBe(false);
    expect(pidFile.runningServer()).toBeNull();
  });

  test('is not taken from a server that runs, nor written where that is impossible', async () => {
    const pidFile = new PidFile(folder);
    pidFile.claim(server(await run(SERVER_TITLE)));
    expect(() => pidFile.claim(server(process.pid))).toThrow('TorchServe is already running');
    expect(() => new PidFile(join(folder, 'none')).claim(server(process.pid))).toThrow(
      `Cannot write the pid file ${join(folder, 'none', '.model_server.pid')} (ENOENT): name another folder with TMPDIR.`,
    );
  });

  test('of a server is one', async () => {
    const pid = await run(SERVER_TITLE);
    const pidFile = new PidFile(folder);
    writeFileSync(pidFile.path, `${pid}\n`);
    expect(pidFile.runningServer()).toBe(pid);
    expect(isServer(pid)).toBe(true);
  });

  test('lies where Python says that temporary files lie', () => {
    expect(temporaryFolder({ TMPDIR: folder })).toBe(folder);
    expect(temporaryFolder({ TMPDIR: join(folder, 'none'), TEMP: folder })).toBe(folder);
    expect(temporaryFolder({})).toBe('/tmp');
  });
});

test('a process that has ended and was not collected is not alive', async () => {
  const code =
    "const { spawn } = require('node:child_process'); const child = spawn('true'); console.log(child.pid); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);";
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const [data] = await once(child.stdout, 'data');
  const zombie = Number(String(data));
  await expect.poll(() => isAlive(zombie)).toBe(false);
});

describe('stop', () => {
  test('of no server', async () => {
    expect(await stopped(new PidFile(folder))).toBe('TorchServe is not currently running.\n');
  });

  test('waits for the server and removes what it leaves', async () => {
    const pid = await run(SERVER_TITLE, 'setTimeout(() => process.exit(0), 300)');
    const pidFile = new PidFile(folder);
    pidFile.claim(server(pid));
    writeFileSync(join(folder, 'key_file.json'), '{}');
    expect(await stopped(pidFile)).toBe('TorchServe has stopped.\n');
    expect(isAlive(pid)).toBe(false);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('says what it waits for', async () => {
    const pid = await run(SERVER_TITLE, 'setTimeout(() => process.exit(0), 1500)');
    const pidFile = new PidFile(folder);
    pidFile.claim(server(pid, 7));
    expect(await stopped(pidFile)).toBe(
      'Waiting up to 7 s for the requests in flight, and then for the workers to end.\nTorchServe has stopped.\n',
    );
  });

  test('leaves another program alone, whatever the file says', async () => {
    const pid = await run('another program');
    const pidFile = new PidFile(folder);
    pidFile.claim(server(pid));
    expect(await stopped(pidFile)).toBe('TorchServe is not currently running.\n');
    expect(isAlive(pid)).toBe(true);
    expect(existsSync(pidFile.path)).toBe(true);
  });
});
