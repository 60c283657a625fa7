/**
 * Runs whose processes must end with them, even where they are killed so that they cannot see to it themselves.
 * Run by itself, this file is the keeper: it is told the folder on standard input.
 */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(import.meta.url);

/**
 * Sees to it that when this process is gone, however it went, every process that has `folder` in its environment is
 * killed and the folder removed. The keeper is a process of its own, in a session of its own, that waits for the end of
 * its standard input, and has the folder neither in its environment nor among its words. Linux alone; elsewhere nothing
 * is kept.
 */
export function keep(folder) {
  if (process.platform !== 'linux') return;
  const keeper = spawn(process.execPath, [script], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    cwd: '/',
  });
  keeper.unref();
  keeper.stdin.write(folder);
  keeper.stdin.unref?.();
}

function killMarked(folder) {
  for (const pid of readdirSync('/proc').map(Number)) {
    if (!(pid > 0) || pid === process.pid) continue;
    try {
      if (readFileSync(`/proc/${pid}/environ`, 'utf8').includes(folder)) process.kill(pid, 'SIGKILL');
    } catch {
      // gone already, or another user's
    }
  }
}

if (process.argv[1] === script) {
  let folder = '';
  process.stdin.setEncoding('utf8').on('data', (text) => {
    folder += text;
  });
  process.stdin.on('close', () => {
    if (folder === '') return;
    // Twice: one that was just being started when the first look was taken.
    killMarked(folder);
    setTimeout(() => {
      killMarked(folder);
      rmSync(folder, { recursive: true, force: true });
    }, 500);
  });
}
