#!/usr/bin/env node
/**
 * Runs the tests, from a fresh clone on: sets up what the chosen suites need, runs them one after the other, and closes
 * with one line, 'N passed, N failed', over all of them.
 *
 *     npm test                                all suites that need no other software and few gigabytes
 *     node test/run.mjs SUITE ... [-- WORD ...]   these suites; the words go to vitest or pytest
 *
 * Everything that a test starts inherits a TMPDIR of this run. Whatever process of the run is alive at the end is a
 * failure, is named, and is killed; where the run itself is killed, they go with it.
 */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { keep } from '../.ci/keep.mjs';
import { ensurePrometheus } from '../.ci/prometheus.mjs';
import { exitWith, root, setUp } from '../.ci/setup.mjs';
import { ensureEnvironment } from '../python_backend/environment.mjs';

/** The conformance suites whose recordings this project answers alike. */
const conformance = [
  'inference-input',
  'inference-output',
  'batching',
  'startup',
  'management',
  'authorization',
  'streaming',
  'context-and-metrics',
];

const suites = {
  unit: { needs: ['packages'], run: () => vitest('unit') },
  contract: { needs: ['packages', 'build', 'python'], run: () => vitest('contract') },
  integration: { needs: ['packages', 'build', 'python'], run: integration },
  python: { needs: ['packages'], environment: 'test', run: pytest },
  conformance: { needs: ['packages', 'build', 'python'], run: replayEach },
  e2e: { needs: ['packages', 'build', 'python'], run: () => vitest('e2e') },
  vision: { needs: ['packages', 'build'], environment: 'vision', run: handlersOfAllKinds },
  coverage: { needs: ['packages', 'build', 'python'], run: coverDoors },
  parallel: { needs: ['packages', 'build'], environment: 'parallel', run: modelsOfSeveralProcesses },
  openapi: { needs: ['packages', 'build', 'python'], environment: 'openapi', run: askEverything },
  reference: { needs: ['packages', 'build', 'python'], environment: 'reference', run: compareWithReference },
};
const usual = ['unit', 'contract', 'python', 'integration', 'conformance', 'e2e'];

const folder = fs.mkdtempSync(join(tmpdir(), 'tb-'));
process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
keep(folder);

let environment = process.env;
let words = [];

/** Runs a command with its output on the terminal; answers its exit status and, where wanted, what it printed. */
function run(command, args, { cwd = root, env = {}, keep = false } = {}) {
  const child = spawn(command, args, {
    cwd,
    env: { ...environment, ...env },
    stdio: ['ignore', keep ? 'pipe' : 'inherit', 'inherit'],
  });
  let printed = '';
  child.stdout?.setEncoding('utf8').on('data', (text) => {
    printed += text;
    process.stdout.write(text);
  });
  return new Promise((done) => {
    child.on('error', (error) => {
      console.error(`${command}: ${error.message}`);
      done({ status: 127, printed });
    });
    child.on('close', (status) => done({ status: status ?? 1, printed }));
  });
}

/** A suite that ended badly without naming a failed test counts as one failure. */
function counted({ passed = 0, failed = 0, skipped = 0 }, status) {
  return { passed, failed: status !== 0 && failed === 0 ? 1 : failed, skipped };
}

async function vitest(project, files = [], options = []) {
  const report = join(folder, `${project}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const vitestBin = join(root, 'node_modules/vitest/vitest.mjs');
  const { status } = await run(process.execPath, [
    vitestBin,
    'run',
    '--project',
    project,
    ...files,
    ...reporters,
    ...options,
    ...words,
  ]);
  try {
    const found = JSON.parse(fs.readFileSync(report, 'utf8'));
    const skipped = found.numPendingTests + found.numTodoTests;
    return counted({ passed: found.numPassedTests, failed: found.numFailedTests, skipped }, status);
  } catch {
    return counted({}, status);
  }
}

async function integration() {
  const commands = ensurePrometheus();
  if (commands) environment = { ...environment, PATH: `${commands}${delimiter}${environment.PATH}` };
  return await vitest('integration');
}

/** What failed gets a second try: on a busy machine a process may take longer than a test would wait. */
async function pytest(python, files = []) {
  const first = await pytestOnce(python, files);
  if (first.failed === 0 || words.length > 0) return first;
  console.log(`\n-- python: a second try for ${first.failed} failed tests`);
  const second = await pytestOnce(python, ['--last-failed', ...files]);
  return { ...first, passed: first.passed + second.passed, failed: second.failed };
}

async function pytestOnce(python, more = []) {
  const report = join(folder, 'pytest.xml');
  const backend = join(root, 'python_backend');
  const cache = `cache_dir=${join(folder, 'pytest')}`;
  const args = ['-m', 'pytest', '-q', '-o', cache, `--junitxml=${report}`, ...more, ...words];
  fs.rmSync(report, { force: true });
  const { status } = await run(python, args, { cwd: backend, env: { TS_PYTHON: python } });
  if (!fs.existsSync(report)) return counted({}, status);
  const head = fs.readFileSync(report, 'utf8').slice(0, 2000);
  const count = (name) => Number(new RegExp(`<testsuite [^>]*\\b${name}="(\\d+)"`).exec(head)?.[1] ?? 0);
  const failed = count('failures') + count('errors');
  return counted({ passed: count('tests') - failed - count('skipped'), failed, skipped: count('skipped') }, status);
}

/** The Python tests where torchvision, captum and the others are there, and the examples that need them. */
async function handlersOfAllKinds(python) {
  const tests = await pytest(python);
  environment = { ...environment, TS_PYTHON: python };
  return sum([tests, await vitest('e2e', ['test/e2e/examples.test.ts'])]);
}

/** Where PiPPy and DeepSpeed are there, what they are for. */
async function modelsOfSeveralProcesses(python) {
  const tests = await pytest(python, ['tests/ts/test_parallel_helpers.py']);
  environment = { ...environment, TS_PYTHON: python };
  return sum([tests, await vitest('e2e', ['test/e2e/pippy.test.ts'])]);
}

/** Every suite by itself; one with a failure, which may be a matter of timing, gets a second try. */
async function replayEach(python) {
  const counts = [];
  for (const name of conformance) {
    const first = await replay(python, [name]);
    counts.push(first.failed === 0 ? first : await replay(python, [name]));
  }
  return sum(counts);
}

/** Replays recorded conversations; `server` is the folder with the commands, ours unless told. */
async function replay(python, names, server = join(root, 'bin'), options = []) {
  const args = [join(root, 'test/conformance/replay.py'), 'check', ...names, ...options];
  const { freePorts } = await support('free-ports');
  const env = { BASE_PORT: String(await freePorts(12)), PATH: `${server}${delimiter}${environment.PATH}` };
  const { status, printed } = await run(python, args, { cwd: folder, env, keep: true });
  const [, passed, failed] = /(\d+) passed, (\d+) failed\s*$/.exec(printed) ?? [];
  return counted({ passed: Number(passed ?? 0), failed: Number(failed ?? 0) }, status);
}

/** Requests that schemathesis makes from the documents that our own server serves. */
async function askEverything(python) {
  environment = { ...environment, SCHEMATHESIS: join(dirname(python), 'schemathesis') };
  return await vitest('e2e', ['test/e2e/openapi.test.ts']);
}

/** The tests that knock on the doors, and how much of the doors they ran; less than nine lines in ten is a failure. */
async function coverDoors() {
  // needs packages, which a fresh clone has not when this file is read
  const { doorTests, ofServers, ownProcess, printTable } = await import('./coverage.mjs');
  const [own, raw, servers] = ['own', 'raw', 'servers'].map((name) => join(folder, 'coverage', name));
  const unit = await vitest('unit', ['test/unit/api'], ownProcess(own));
  environment = { ...environment, NODE_V8_COVERAGE: raw };
  const integration = await vitest('integration', doorTests);
  environment = { ...environment, NODE_V8_COVERAGE: undefined };
  const { status } = await run(process.execPath, ofServers(raw, servers));
  const enough = status === 0 && printTable(own, servers) >= 0.9;
  return sum([unit, integration, { passed: Number(enough), failed: Number(!enough), skipped: 0 }]);
}

/** The recordings against TorchServe itself, then the tests that run it beside ours. */
async function compareWithReference(python) {
  const recorded = words.length > 0 ? {} : await replay(python, conformance, dirname(python), ['--reference']);
  environment = {
    ...environment,
    TORCHBRIDGE_REFERENCE_PYTHON: python,
    TORCHBRIDGE_REFERENCE_VISION_PYTHON: await ensureEnvironment('reference-vision'),
    TORCHBRIDGE_VISION_PYTHON: await ensureEnvironment('vision'),
  };
  return sum([recorded, await vitest('reference')]);
}

function sum(counts) {
  const add = (name) => counts.reduce((total, count) => total + (count[name] ?? 0), 0);
  return { passed: add('passed'), failed: add('failed'), skipped: add('skipped') };
}

/** Waits a little for the run's processes to go, then kills those that stay; one more passed or failed test. */
async function nothingLeft() {
  const { processesLeft } = await support('processes');
  const left = await processesLeft(folder);
  for (const { pid, command } of left) {
    console.error(`FAIL left behind: ${pid} ${command}`);
    process.kill(pid, 'SIGKILL');
  }
  return { passed: left.length === 0 ? 1 : 0, failed: left.length, skipped: 0 };
}

/** A module of test/support; they are TypeScript, so this works only once the packages are installed. */
async function support(name) {
  const { tsImport } = await import('tsx/esm/api');
  return tsImport(`./support/${name}.ts`, import.meta.url);
}

function line({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

async function main() {
  const cut = process.argv.indexOf('--', 2);
  const given = process.argv.slice(2, cut < 0 ? undefined : cut);
  words = cut < 0 ? [] : process.argv.slice(cut + 1);
  const unknown = given.find((name) => !(name in suites));
  if (unknown) {
    console.error(`There is no suite "${unknown}": choose among ${Object.keys(suites).join(', ')}.`);
    process.exit(2);
  }
  const chosen = given.length > 0 ? given : usual;
  const python = await setUp([...new Set(chosen.flatMap((name) => suites[name].needs))]);
  // the tests see neither settings of the user's nor other runs' temporary files
  const own = Object.entries(process.env).filter(([name]) => !/^(TS_|TEMP$|LOG_LOCATION|METRICS_LOCATION)/.test(name));
  environment = { ...Object.fromEntries(own), TMPDIR: folder, ...(python ? { TS_PYTHON: python } : {}) };
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => nothingLeft().finally(() => process.exit(130)));
  }
  const results = [];
  for (const name of chosen) {
    const suite = suites[name];
    const interpreter = suite.environment ? await ensureEnvironment(suite.environment) : python;
    console.log(`\n== ${name}`);
    const started = Date.now();
    const result = await suite.run(interpreter);
    results.push(result);
    console.log(`-- ${name}: ${line(result)} (${Math.round((Date.now() - started) / 1000)} s)`);
  }
  results.push(await nothingLeft());
  const total = sum(results);
  console.log(`\n${line(total)}`);
  process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
}

try {
  await main();
} catch (error) {
  exitWith(error);
}
