#!/usr/bin/env node
/**
 * What a fresh clone needs before anything else runs: the npm packages, the build and the Python environment, each only
 * where it is missing or older than what it is made from. Uses nothing but Node.
 *
 *     node .ci/setup.mjs [packages|build|python ...]      default: all three
 */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EnvironmentError, ensureEnvironment } from '../python_backend/environment.mjs';

/** The project's folder. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** A step of the set-up that failed; what the tool printed is already on the terminal. */
export class SetupError extends Error {
  name = 'SetupError';
}

/** Installs the npm packages of package-lock.json if they are not there as it says. */
export function ensurePackages(log = console.error) {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 18)) {
    throw new SetupError(`Node ${process.versions.node} is too old: install Node 20.18.1 or newer.`);
  }
  if (packagesAreCurrent()) return;
  log('Installing the npm packages (npm ci)');
  npm(['ci', '--no-fund', '--no-audit', '--loglevel=error'], 'Installing the npm packages');
}

/** Builds dist/ if a source is newer than it. */
export function ensureBuild(log = console.error) {
  const newest = Math.max(
    ...['src', 'proto', 'package.json', 'tsconfig.json', 'tsconfig.build.json'].map((path) => newestIn(path)),
  );
  if (newestIn('dist') > newest) return;
  log('Building (npm run build)');
  npm(['run', '--silent', 'build'], 'The build');
  const now = new Date();
  fs.utimesSync(join(root, 'dist'), now, now);
}

/** Does `steps` in their order; answers the interpreter's path where `python` is among them. */
export async function setUp(steps = ['packages', 'build', 'python'], log = console.error) {
  if (steps.includes('packages')) ensurePackages(log);
  if (steps.includes('build')) ensureBuild(log);
  return steps.includes('python') ? await ensureEnvironment('default', log) : undefined;
}

/** Prints the reason of a failed set-up as one sentence and ends with status 1; any other error is thrown on. */
export function exitWith(error) {
  if (!(error instanceof SetupError || error instanceof EnvironmentError)) throw error;
  console.error(error.message);
  process.exit(1);
}

function packagesAreCurrent() {
  try {
    const wanted = JSON.parse(fs.readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
    const there = JSON.parse(fs.readFileSync(join(root, 'node_modules/.package-lock.json'), 'utf8')).packages;
    return Object.entries(wanted).every(
      ([path, entry]) => path === '' || entry.optional || entry.peer || there[path]?.version === entry.version,
    );
  } catch {
    return false;
  }
}

/** When the newest file or folder at `path`, or below it, was changed; 0 where there is none. */
function newestIn(path) {
  const there = fs.statSync(join(root, path), { throwIfNoEntry: false });
  if (!there) return 0;
  if (!there.isDirectory()) return there.mtimeMs;
  // src/generated is made by the build itself
  const entries = fs.readdirSync(join(root, path)).filter((name) => join(path, name) !== join('src', 'generated'));
  const below = entries.map((name) => newestIn(join(path, name)));
  return Math.max(path === 'src' ? 0 : there.mtimeMs, ...below);
}

function npm(args, what) {
  const done = spawnSync('npm', args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (done.error) throw new SetupError(`${what} failed: npm cannot be run (${done.error.message}).`);
  if (done.status !== 0)
    throw new SetupError(
      `${what} failed: "npm ${args.join(' ')}" ended with ${done.signal ?? `status ${done.status}`}; its words are above.`,
    );
}

if (process.argv[1] && fs.realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    const python = await setUp(process.argv.length > 2 ? process.argv.slice(2) : undefined);
    if (python) console.log(python);
  } catch (error) {
    exitWith(error);
  }
}
