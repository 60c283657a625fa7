import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Given, given } from '../config/given.js';
import { StartupError } from '../errors/startup-error.js';
import type { Command } from './command-line.js';

/**
 * What flags, environment and files say, once the files that flags name are known to exist.
 * @throws StartupError where one does not, or where a file says what cannot be read.
 */
export function readGiven(command: Command): Given {
  for (const [flag, named] of [
    ['--log-config', command.logConfig],
    ['--cpp-log-config', command.cppLogConfig],
  ] as const) {
    if (named !== null && !existsSync(named)) {
      throw new StartupError(`${flag} file not found: ${resolve(named)}`);
    }
  }
  return given({ flags: command.flags, environment: process.env, workingFolder: process.cwd() });
}
