/** Picks a scenario, runs it, prints its table and writes its figures to benchmarks/results/SCENARIO.json. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { arch, cpus, platform, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ours, projectRoot, type Release, reference } from '../test/support/release.js';
import type { Scenario } from './contest.js';
import { launcher } from './launcher.js';
import { overhead } from './overhead.js';
import { printTable } from './table.js';
import { workers } from './workers.js';

const scenarios: Record<string, Scenario> = { overhead, workers, launcher };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    ours: { type: 'boolean', default: false },
  },
});

function releases(): Release[] {
  const python = process.env['TORCHBRIDGE_REFERENCE_PYTHON'];
  return values.ours || !python ? [ours()] : [ours(), reference(python)];
}

const [name = ''] = positionals;
const scenario = scenarios[name];
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
if (!scenario || !(rounds >= 1) || !(seconds > 0)) {
  console.error(`usage: npm run bench -- ${Object.keys(scenarios).join('|')} [--rounds N] [--seconds N] [--ours]`);
  process.exit(2);
}
const machine = { cpu: cpus()[0]?.model, cores: cpus().length, memory: totalmem(), platform: platform(), arch: arch() };
const started = new Date().toISOString();
const rows = await scenario({ releases: releases(), rounds, seconds, log: (line) => console.error(line) });
const folder = join(projectRoot, 'benchmarks/results');
mkdirSync(folder, { recursive: true });
const file = join(folder, `${name}.json`);
writeFileSync(
  file,
  `${JSON.stringify({ scenario: name, started, machine, node: process.version, rounds, seconds, rows }, null, 2)}\n`,
);
console.log(
  `\n${machine.cores} × ${machine.cpu}, Node ${process.version}; median of ${rounds} alternating rounds (least–most)\n`,
);
printTable(rows);
console.log(`\n${file}`);
