import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BenchmarkReport } from '../../src/benchmark/report/report.js';
import { packArchive } from '../support/archive.js';
import { runCommand } from '../support/command.js';
import { processesLeft, processesMarked } from '../support/processes.js';
import { projectRoot } from '../support/release.js';
import { ServerPlace } from '../support/server.js';

const command = join(projectRoot, 'bin/torchserve-benchmark');
const folder = mkdtempSync(join(tmpdir(), 'tb-bench-t-'));
const archive = join(folder, 'ok.mar');

beforeAll(async () => {
  await packArchive(folder, { name: 'ok', handler: join(projectRoot, 'benchmarks/handlers/ok.py') });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the command with its reports in a folder of its own; its status, what it printed, and the results. */
async function measured(name: string, ...words: string[]) {
  const place = mkdtempSync(join(folder, `${name}-`));
  const done = await runCommand([command, '-rl', place, '-td', place, ...words], { cwd: folder });
  const results = join(place, 'benchmark/results.json');
  const report: BenchmarkReport | null = existsSync(results) ? JSON.parse(readFileSync(results, 'utf8')) : null;
  return { ...done, report, place };
}

test('a server is started, measured for a second, and gone', async () => {
  const { status, stdout, stderr, report, place } = await measured(
    'own',
    '-u',
    archive,
    '--duration',
    '1',
    '-c',
    '4',
    '-bd',
    '1',
  );
  expect(status, stderr).toBe(0);
  const [result] = report?.cases ?? [];
  const [server] = result?.servers ?? [];
  const [round] = server?.rounds ?? [];
  expect(server).toMatchObject({ server: 'torchbridge', version: expect.stringMatching(/^\d+\.\d+/) });
  expect(round?.load).toMatchObject({ failed: 0, outcomes: { 200: round?.load.answered }, firstFailure: null });
  expect(round?.load.answered).toBeGreaterThan(10);
  expect(round?.load.seconds).toBeGreaterThanOrEqual(0.9);
  // its processes were found, frontend and worker, and its own measurements read
  expect(round?.usage.serverCpuSeconds).toBeGreaterThan(0);
  expect(round?.usage.samples.at(-1)?.serverMemoryMb).toBeGreaterThan(50);
  expect(round?.logged.PredictionTime?.mean).toBeGreaterThanOrEqual(0);
  expect(round?.logged.QueueTime).toBeDefined();
  expect(stdout).toContain('ok_w1_b1\n  torchbridge: ');
  for (const name of ['ab_report.csv', 'report.html']) expect(stdout).toContain(join(place, 'benchmark', name));
  expect(readFileSync(join(place, 'benchmark/ab_report.csv'), 'utf8').split('\n')[1]).toMatch(
    /^torchserve-benchmark,0,\d/,
  );
  expect(await processesLeft(place)).toEqual([]);
});

test('ended with SIGKILL, it leaves no server behind', async () => {
  const place = mkdtempSync(join(folder, 'killed-'));
  const child = spawn(command, ['-rl', place, '-td', place, '-u', archive, '--duration', '60'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  try {
    const deadline = Date.now() + 40_000;
    while (!processesMarked(place).some(({ command: words }) => words.includes('ts_worker')) && Date.now() < deadline)
      await sleep(100);
    expect(processesMarked(place).length).toBeGreaterThan(1);
  } finally {
    child.kill('SIGKILL');
  }
  expect(await processesLeft(place, 40_000)).toEqual([]);
});

describe('with a server that runs', () => {
  let server: ServerPlace;
  beforeAll(async () => {
    server = await ServerPlace.make();
    await packArchive(server.store, { name: 'own', handler: join(projectRoot, 'benchmarks/handlers/ok.py') });
    await server.start({ models: ['own=own.mar'] });
  });
  afterAll(async () => await server?.close());

  test('an open loop keeps its rate, over HTTP and gRPC, and nothing stays registered', async () => {
    const words = [
      '--server',
      server.inference,
      '-u',
      archive,
      '--requests',
      '60',
      '--rate',
      '60',
      '--grpc',
      server.grpcInference,
    ];
    for (const protocol of ['http', 'grpc']) {
      const { status, stderr, report } = await measured(`open-${protocol}`, ...words, '--protocol', protocol);
      expect(status, stderr).toBe(0);
      const load = report?.cases[0]?.servers[0]?.rounds[0]?.load;
      expect(load).toMatchObject({ answered: 60, failed: 0 });
      // the last of sixty is due 983 ms after the first
      expect(load?.seconds).toBeGreaterThan(0.95);
    }
    const models = await (await fetch(`${server.management}/models`)).json();
    expect(models).toEqual({ models: [{ modelName: 'own', modelUrl: 'own.mar' }] });
  });

  test('a registered model is measured as it is, and compared with an earlier run', async () => {
    const words = ['--server', server.inference, '--model', 'own', '-r', '40', '-c', '2'];
    const first = await measured('earlier', ...words);
    expect(first.status, first.stderr).toBe(0);
    const earlier = join(first.place, 'benchmark/results.json');
    const { status, stdout, report } = await measured('later', ...words, '--against', earlier);
    expect(status).toBe(0);
    expect(report?.cases[0]?.servers).toHaveLength(2);
    expect(stdout).toContain('times better: ');
  });

  test('requests that fail are told, in the report and by the exit code', async () => {
    const { status, stderr, report } = await measured(
      'failing',
      '--server',
      server.inference,
      '--model',
      'nobody',
      '-r',
      '5',
      '--warmup',
      '0',
    );
    expect(status).toBe(1);
    expect(report?.cases[0]?.servers[0]?.rounds[0]?.load).toMatchObject({
      answered: 0,
      failed: 5,
      outcomes: { 404: 5 },
    });
    expect(stderr).toContain('5 FAILED (404 ');
  });

  test('an archive that the server refuses is said with its reason', async () => {
    const { status, stderr, report } = await measured(
      'refused',
      '--server',
      server.inference,
      '-u',
      join(folder, 'none.mar'),
    );
    expect(status).toBe(1);
    expect(stderr).toMatch(/could not register .*none\.mar: 4\d\d /);
    expect(report).toBeNull();
  });
});

test.each([
  [['-u', 'x.mar', '--server', 'http://127.0.0.1:9'], 1, 'No server answers at http://127.0.0.1:9/ping'],
  [['-u', 'x.mar', '--server', 'elsewhere'], 1, '"elsewhere" is no server to measure'],
  [['-u', 'x.mar', '--torchserve', command, '--server', 'torchserve'], 1, 'is not the command of TorchServe'],
  [['--nonsense'], 2, 'unrecognized arguments: --nonsense'],
])('%j ends with status %i and one sentence', async (words, expected, sentence) => {
  const { status, stderr } = await runCommand([command, ...words], { cwd: folder });
  expect(status).toBe(expected);
  expect(stderr).toContain(sentence);
});
