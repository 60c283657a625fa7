import { compile } from '../config/compile.js';
import { listKeys } from '../config/listing.js';
import { readLoggingPlan } from '../observability/logging/config/read-plan.js';
import { inspectInterpreter } from '../workers/interpreter.js';
import type { Terminal } from './archiver/argument-parser.js';
import type { Command } from './command-line.js';
import { readGiven } from './read-given.js';

/**
 * Reads everything that a start would read and prints what would be in effect, each value with its source; starts nothing.
 * @returns 0. @throws StartupError where a start would be refused.
 */
export async function check(command: Command, terminal: Terminal): Promise<number> {
  const say = (line: string) => terminal.out.write(`${line}\n`);
  const config = compile(readGiven(command));
  for (const { name, text, source } of listKeys(config)) {
    say(`${name} = ${text.replaceAll('\n', '\\n')}  (${source})`);
  }
  say('');
  say(`token authorization: ${config.tokenAuthorization ? 'on' : 'off'}`);
  say(`model API: ${config.modelApi ? 'on' : 'off'}`);
  say(`configuration file: ${config.configFile ?? 'none'}`);
  say(`logs: ${config.logLocation}, metric logs: ${config.metricsLocation}`);
  const plan = readLoggingPlan(config);
  for (const sentence of [...config.warnings, ...plan.ignored]) {
    say(`warning: ${sentence}`);
  }
  const { executable, python, torch } = await inspectInterpreter(config);
  say(`python: ${executable} (Python ${python}, torch ${torch})`);
  return 0;
}
