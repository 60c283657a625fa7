/** Runs scenarios, prints their tables, keeps their figures, and for `all` writes them into docs/performance.md. */
import { parseArgs } from 'node:util';
import { ours, type Release, reference } from '../test/support/release.js';
import { autoscale } from './autoscale/scenario.js';
import { bodies } from './bodies.js';
import type { Scenario } from './contest.js';
import { endurance } from './endurance.js';
import { gpu } from './gpu.js';
import { grpc } from './grpc.js';
import { idle } from './idle.js';
import { launcher } from './launcher.js';
import { memory } from './memory.js';
import { overhead } from './overhead.js';
import { policy } from './policy.js';
import { resnet } from './resnet.js';
import { keepResult, keptResults, versions, writeFigures } from './results.js';
import { streams } from './streams.js';
import { markdownTable } from './table.js';
import { tail } from './tail.js';
import { tracing } from './tracing.js';
import { workers } from './workers.js';

/** What `all` runs, in this order. */
const promised: Record<string, Scenario> = {
  overhead,
  tail,
  bodies,
  streams,
  resnet,
  workers,
  memory,
  idle,
  endurance,
  grpc,
};
const scenarios: Record<string, Scenario> = { ...promised, gpu, launcher, policy, tracing, autoscale };

const usage = `usage: npm run bench -- all|SCENARIO [flags]
  scenarios: ${Object.keys(scenarios).join(', ')}
  --against torchserve  the reference, which is the default; none leaves it out, as --ours does
  --only NAME,...       of all: these scenarios; the others keep the figures of their last run
  --rounds N            how often each is measured, in turns; 5 unless told, 1 of autoscale
  --seconds N           length of a measurement; 3 unless told
  --long-seconds N      length of the one with 1,000 connections; 600 unless told
  --quick               3 rounds of 2 s, and 30 s with 1,000 connections, unless told otherwise`;

function fail(sentence: string): never {
  console.error(`${sentence}\n${usage}`);
  process.exit(2);
}

function read() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        against: { type: 'string', default: 'torchserve' },
        only: { type: 'string' },
        rounds: { type: 'string' },
        seconds: { type: 'string' },
        'long-seconds': { type: 'string' },
        quick: { type: 'boolean', default: false },
        ours: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

const { values, positionals } = read();
if (!['torchserve', 'none'].includes(values.against)) {
  fail(`--against takes torchserve or none, not ${values.against}; torchserve-benchmark compares with any server.`);
}
const [name = ''] = positionals;
const chosen = name === 'all' ? (values.only?.split(',') ?? Object.keys(promised)) : [name];
for (const one of chosen) if (!scenarios[one]) fail(one === '' ? 'Say what to run.' : `There is no scenario ${one}.`);

function number(flag: 'rounds' | 'seconds' | 'long-seconds', usual: number): number {
  const value = Number(values[flag] ?? usual);
  return value > 0 ? value : fail(`--${flag} takes a number above 0, not ${values[flag]}.`);
}
// The traces of autoscaling take ten minutes a round.
const usualRounds = name === 'autoscale' ? 1 : values.quick ? 3 : 5;
const rounds = Math.ceil(number('rounds', usualRounds));
const seconds = number('seconds', values.quick ? 2 : 3);
const longSeconds = number('long-seconds', values.quick ? 30 : 600);

const referencePython =
  values.ours || values.against === 'none' ? undefined : process.env['TORCHBRIDGE_REFERENCE_PYTHON'];
const releases: Release[] = [ours(), ...(referencePython ? [reference(referencePython)] : [])];
const visionPython = process.env['TORCHBRIDGE_VISION_PYTHON'] ?? null;
const log = (line: string) => console.error(line);

let failed = 0;
for (const [index, scenario] of chosen.entries()) {
  log(`== ${scenario} (${index + 1} of ${chosen.length})`);
  const started = new Date().toISOString();
  try {
    const rows = (await scenarios[scenario]?.({ releases, rounds, seconds, longSeconds, visionPython, log })) ?? [];
    const file = keepResult({ scenario, started, rounds, seconds, rows });
    console.log(`\n${markdownTable(rows)}\n\n${file}`);
  } catch (error) {
    // The others are still worth having.
    failed += 1;
    console.error(`${scenario} failed:`, error);
  }
}
const software = versions(process.env['TS_PYTHON'], referencePython);
console.log(`\n${software}`);
if (name === 'all') {
  writeFigures(keptResults(Object.keys(promised)), software);
  console.log('The figures are in docs/performance.md.');
}
process.exitCode = failed > 0 ? 1 : 0;
