#!/usr/bin/env node
/**
 * Makes the Python environments. Each is a virtual environment in a cache folder, named after what it holds, so that a
 * new clone or a new version of the package finds the one that is already there:
 *
 *     node python_backend/environment.mjs [default|test|vision|reference|...]     prints its interpreter's path
 *
 * An interpreter that already has what the set needs is taken as it is: the one that TS_PYTHON names, or the active
 * virtual environment's. The cache is $TORCHBRIDGE_CACHE, else $XDG_CACHE_HOME/torchbridge, else ~/.cache/torchbridge.
 * Uses nothing but Node, because it runs before any package is installed.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const oldest = [3, 9];
const worker = ['torch', 'google.protobuf', 'yaml', 'psutil', 'numpy', 'PIL'];

/**
 * The sets: the modules that make an existing interpreter good enough (null: always build one), the set it is layered
 * over, the file of its requirements where that has another name, and what it is for.
 */
const sets = {
  default: { modules: worker, purpose: 'PyTorch and what the workers need' },
  test: {
    modules: [...worker, 'grpc', 'pytest', 'ruff', 'mypy', 'sklearn'],
    over: 'default',
    purpose: 'the test tools',
  },
  vision: { modules: null, purpose: 'torchvision, captum, ONNX and transformers, several gigabytes' },
  reference: { modules: null, over: 'default', purpose: 'TorchServe 0.12.0' },
  'reference-vision': {
    modules: null,
    over: 'vision',
    requirements: 'reference',
    purpose: 'TorchServe 0.12.0 with torchvision',
  },
  parallel: { modules: null, over: 'test', purpose: 'PiPPy and DeepSpeed' },
  openapi: { modules: null, purpose: 'schemathesis' },
};

/** Names of the sets that {@link ensureEnvironment} makes. */
export const environmentNames = Object.keys(sets);

/** A reason that is one sentence with its cure; the command prints it as it is. */
export class EnvironmentError extends Error {
  name = 'EnvironmentError';
}

/**
 * Finds or makes the environment `name` and answers its interpreter's path. `log` gets progress, one line a call.
 * Throws an {@link EnvironmentError} where Python is missing, too old or cannot make environments, where TS_PYTHON
 * names an interpreter that lacks something, or where installing fails.
 */
export async function ensureEnvironment(name = 'default', log = (line) => process.stderr.write(`${line}\n`)) {
  const set = sets[name];
  if (!set)
    throw new EnvironmentError(`There is no environment "${name}": choose one of ${environmentNames.join(', ')}.`);
  const own = set.modules && adopt(name, set, log);
  if (own) return own;
  const plan = planOf(name, systemPython());
  if (!isComplete(plan)) await withLock(plan, log, () => build(plan, log));
  if (set.modules) linkFromProject(plan.below ?? plan, log);
  return plan.python;
}

/** The interpreter of the environment `name` if it was made before, else undefined; makes nothing. */
export function findEnvironment(name) {
  const plan = planOf(name, systemPython());
  return isComplete(plan) ? plan.python : undefined;
}

/** The folder that holds the environments, whether it exists or not. */
export function cacheFolder() {
  const { TORCHBRIDGE_CACHE, XDG_CACHE_HOME } = process.env;
  const base = TORCHBRIDGE_CACHE || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'torchbridge');
  return join(resolve(base), 'python');
}

function adopt(name, set, log) {
  const { TS_PYTHON, VIRTUAL_ENV } = process.env;
  if (TS_PYTHON) {
    const missing = missingModules(TS_PYTHON, set.modules);
    if (missing === undefined)
      throw new EnvironmentError(
        `TS_PYTHON names ${TS_PYTHON}, which does not run as a Python interpreter: correct or unset it.`,
      );
    if (missing.length === 0) return TS_PYTHON;
    const files = set.over ? [set.over, name] : [name];
    throw new EnvironmentError(
      `The interpreter ${TS_PYTHON} (from TS_PYTHON) has no ${missing.join(', ')}: install them with ` +
        `"${TS_PYTHON} -m pip install ${files.map((file) => `-r ${join(here, 'requirements', `${file}.txt`)}`).join(' ')}", or unset TS_PYTHON.`,
    );
  }
  if (!VIRTUAL_ENV) return undefined;
  const python = join(VIRTUAL_ENV, 'bin', 'python');
  const missing = missingModules(python, set.modules);
  if (missing?.length === 0) return python;
  log(
    `The active environment ${VIRTUAL_ENV} has no ${missing?.join(', ') ?? 'working Python'}: leaving it alone and using one of our own.`,
  );
  return undefined;
}

/** Which of `modules` the interpreter cannot find; undefined where it does not run. */
function missingModules(python, modules) {
  const code = `
import importlib.util, json, sys
def found(name):
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False
print(json.dumps([name for name in sys.argv[1:] if not found(name)]))`;
  const done = spawnSync(python, ['-c', code, ...modules], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return done.status === 0 ? JSON.parse(done.stdout) : undefined;
}

/** The interpreter that environments are made with: python3 or python on PATH. */
function systemPython() {
  const code =
    'import importlib.util as u, json, platform, sys; print(json.dumps([sys.version_info[:3], platform.python_implementation(), platform.machine(), sys.executable, bool(u.find_spec("venv") and u.find_spec("ensurepip"))]))';
  for (const command of ['python3', 'python']) {
    const done = spawnSync(command, ['-c', code], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    if (done.status !== 0) continue;
    const [version, implementation, machine, executable, canMake] = JSON.parse(done.stdout);
    if (version[0] !== oldest[0] || version[1] < oldest[1]) {
      throw new EnvironmentError(
        `${executable} is Python ${version.join('.')}, and ${oldest.join('.')} is the oldest that works: put a newer python3 first on PATH, or name one in TS_PYTHON.`,
      );
    }
    if (!canMake) {
      throw new EnvironmentError(
        `${executable} cannot make virtual environments: install its venv module (on Debian and Ubuntu: apt install python${version[0]}.${version[1]}-venv).`,
      );
    }
    return { executable, version: version.join('.'), identity: `${implementation}-${version.join('.')}-${machine}` };
  }
  throw new EnvironmentError(`There is no python3 on PATH: install Python ${oldest.join('.')} or newer.`);
}

function planOf(name, base) {
  const { over, requirements: file = name } = sets[name];
  const requirements = join(here, 'requirements', `${file}.txt`);
  const below = over && planOf(over, base);
  const wanted = fs
    .readFileSync(requirements, 'utf8')
    .split('\n')
    .filter((line) => line.trim() && !line.startsWith('#'));
  const hash = createHash('sha256')
    .update(JSON.stringify([base.identity, base.executable, wanted, below?.folder]))
    .digest('hex')
    .slice(0, 12);
  const folder = join(cacheFolder(), `${name}-${hash}`);
  return {
    name,
    base,
    below,
    requirements,
    folder,
    python: join(folder, 'bin', 'python'),
    complete: join(folder, 'complete'),
  };
}

/** An environment counts only with its last file, and while the interpreter it was made with is still there. */
function isComplete(plan) {
  return fs.existsSync(plan.complete) && fs.existsSync(plan.python);
}

/**
 * Builds in the final folder, because scripts in an environment name their interpreter by path; the file `complete`
 * comes last, and whoever finds the folder without it starts again.
 */
async function build(plan, log) {
  if (isComplete(plan)) return;
  if (plan.below && !isComplete(plan.below)) await withLock(plan.below, log, () => build(plan.below, log));
  log(`Making the Python environment "${plan.name}" (${sets[plan.name].purpose}) in ${plan.folder}`);
  fs.rmSync(plan.folder, { recursive: true, force: true });
  await step('making an empty one', plan.base.executable, ['-m', 'venv', plan.folder], plan, log);
  // all of them: what is added by such a file has none of its own that count
  const below = ancestors(plan).map((one) => `${sitePackages(one)}\n`);
  if (below.length > 0) fs.writeFileSync(join(sitePackages(plan), 'below.pth'), below.join(''));
  await step(
    'looking for the packages',
    plan.python,
    [
      '-m',
      'pip',
      'install',
      '--no-input',
      '--progress-bar',
      'off',
      '--disable-pip-version-check',
      '-r',
      plan.requirements,
    ],
    plan,
    log,
  );
  fs.writeFileSync(plan.complete, `${new Date().toISOString()}\n`);
}

function ancestors({ below }) {
  return below ? [below, ...ancestors(below)] : [];
}

function sitePackages(plan) {
  const done = spawnSync(plan.python, ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))'], {
    encoding: 'utf8',
  });
  return done.stdout.trim();
}

/** Runs one command of a build, shows what it is at, and keeps all it prints in a log beside the environment. */
function step(doing, command, args, plan, log) {
  const record = `${plan.folder}.log`;
  const started = Date.now();
  const seconds = () => `${Math.round((Date.now() - started) / 1000)} s`;
  let lastError = '';
  let rest = '';
  const output = fs.createWriteStream(record, { flags: 'a' });
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PIP_REQUIRE_VIRTUALENV: '0', PYTHONUNBUFFERED: '1' },
  });
  const still = setInterval(() => log(`  ${doing} … ${seconds()}`), 10_000);
  const look = (chunk) => {
    output.write(chunk);
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      const found = /^Collecting (\S+)/.exec(line) ?? /^(Installing collected packages)/.exec(line);
      if (found) doing = line.startsWith('Collecting') ? `collecting ${found[1]}` : 'installing the packages';
      if (/^Installing collected/.test(line)) log(`  installing ${line.split(',').length} packages (${seconds()})`);
      if (/^(ERROR|error):/i.test(line) || /No space left/.test(line)) lastError = line.replace(/^error:\s*/i, '');
    }
  };
  child.stdout.setEncoding('utf8').on('data', look);
  child.stderr.setEncoding('utf8').on('data', look);
  return new Promise((done, failed) => {
    const end = (problem) => {
      clearInterval(still);
      output.end();
      if (problem)
        failed(
          new EnvironmentError(
            `Making the Python environment "${plan.name}" failed: ${lastError || problem} (all that was printed: ${record}).`,
          ),
        );
      else done();
    };
    child.on('error', (error) => end(error.message));
    child.on('close', (code, signal) =>
      end(code === 0 ? undefined : `${args[1]} ended with ${signal ?? `status ${code}`}`),
    );
  });
}

/** Only one process builds an environment; others wait for it, and take over from one that died. */
async function withLock(plan, log, work) {
  const lock = `${plan.folder}.lock`;
  for (let told = false; ; ) {
    try {
      fs.mkdirSync(dirname(lock), { recursive: true });
      fs.writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST')
        throw new EnvironmentError(
          `The folder ${dirname(lock)} cannot be written (${error.code}): name another in TORCHBRIDGE_CACHE.`,
        );
    }
    const holder = holderOf(lock);
    if (holder !== undefined && !isAlive(holder)) {
      breakLock(lock, holder);
      continue;
    }
    if (!told && holder !== undefined)
      log(`Waiting for process ${holder}, which is making the Python environment "${plan.name}"`);
    told = true;
    await sleep(300);
  }
  try {
    return await work();
  } finally {
    fs.rmSync(lock, { force: true });
  }
}

function holderOf(lock) {
  try {
    return Number(fs.readFileSync(lock, 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}

/** Moves a dead builder's lock away; a living one that slipped in between is put back. */
function breakLock(lock, dead) {
  const away = `${lock}.${process.pid}`;
  try {
    fs.renameSync(lock, away);
    if (holderOf(away) !== dead) fs.linkSync(away, lock);
    fs.rmSync(away, { force: true });
  } catch {
    // somebody else was quicker: the next round sees what is there now
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Points `.venv` in the project's root at the environment, where the server looks for it. A real folder is left alone. */
function linkFromProject(plan, log) {
  const link = join(dirname(here), '.venv');
  try {
    const there = fs.lstatSync(link, { throwIfNoEntry: false });
    if (there && !there.isSymbolicLink()) {
      log(`${link} is not ours, so it stays: the environment is ${plan.folder}`);
      return;
    }
    if (there && fs.readlinkSync(link) === plan.folder) return;
    const fresh = `${link}.${process.pid}`;
    fs.symlinkSync(plan.folder, fresh);
    fs.renameSync(fresh, link);
  } catch (error) {
    log(`${link} could not be made (${error.code}): start the server with TS_PYTHON=${plan.python}`);
  }
}

if (process.argv[1] && fs.realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    console.log(await ensureEnvironment(process.argv[2]));
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
