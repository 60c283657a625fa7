#!/usr/bin/env node
/**
 * Measures this server beside TorchServe 0.12.0, in one run and with the same load.
 *
 *     npm run bench -- all|SCENARIO [flags]       (without words it tells of them)
 *
 * Sets up what is missing first, TorchServe included; that one needs Java 11 or newer.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keep } from '../.ci/keep.mjs';
import { exitWith, root, SetupError, setUp } from '../.ci/setup.mjs';
import { ensureEnvironment, findEnvironment } from '../python_backend/environment.mjs';

try {
  const words = process.argv.slice(2);
  const python = await setUp();
  // It marks every process that comes of the run.
  const folder = mkdtempSync(join(tmpdir(), 'tb-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  keep(folder);
  const env = { ...process.env, TS_PYTHON: python, TMPDIR: folder };
  const vision = findEnvironment('vision');
  if (vision) env.TORCHBRIDGE_VISION_PYTHON = vision;
  const alone = words.includes('--ours') || /--against[= ]none/.test(words.join(' '));
  if (words.length > 0 && !alone) {
    if (spawnSync('java', ['-version'], { stdio: 'ignore' }).status !== 0) {
      throw new SetupError('TorchServe needs Java 11 or newer: install it, or measure ours alone with --ours.');
    }
    env.TORCHBRIDGE_REFERENCE_PYTHON = await ensureEnvironment('reference');
  }
  const args = ['--import', 'tsx', join(root, 'benchmarks/run.ts'), ...words];
  const run = spawn(process.execPath, args, { cwd: root, stdio: 'inherit', env });
  // It ends its servers first.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => run.kill(signal));
  run.on('exit', (status) => {
    process.exitCode = status ?? 1;
  });
} catch (error) {
  exitWith(error);
}
