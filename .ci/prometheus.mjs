/**
 * Prometheus and promtool for the tests of metrics, from Debian's package, unpacked into a cache folder and not
 * installed. Uses nothing but Node.
 */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheFolder } from '../python_backend/environment.mjs';

const names = ['prometheus', 'promtool'];

/**
 * The folder with both commands, made if need be; null where they are on the path already, or cannot be had: where there
 * is no apt, or it has no such package. The tests that want them are skipped then.
 */
export function ensurePrometheus(log = console.error) {
  if (names.every((name) => succeeds(name, ['--version']))) return null;
  const folder = join(dirname(cacheFolder()), 'prometheus');
  const commands = join(folder, 'usr/bin');
  if (names.every((name) => fs.existsSync(join(commands, name)))) return commands;
  log("Fetching Debian's package prometheus for the tests of metrics");
  fs.mkdirSync(dirname(folder), { recursive: true });
  const fresh = fs.mkdtempSync(`${folder}-`);
  try {
    const download = () => succeeds('apt-get', ['download', 'prometheus'], fresh);
    // A new machine knows no packages before it has asked for the list.
    const fetched = download() || (succeeds('apt-get', ['update']) && download());
    const package_ = fetched && fs.readdirSync(fresh).find((name) => name.endsWith('.deb'));
    if (!package_ || !succeeds('dpkg', ['-x', package_, '.'], fresh)) {
      log('It cannot be had here: those tests are skipped.');
      return null;
    }
    fs.rmSync(folder, { recursive: true, force: true });
    fs.renameSync(fresh, folder);
    return commands;
  } finally {
    fs.rmSync(fresh, { recursive: true, force: true });
  }
}

function succeeds(command, args, cwd) {
  return spawnSync(command, args, { cwd, stdio: 'ignore' }).status === 0;
}
