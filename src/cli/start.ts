import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { compile } from '../config/compile.js';
import { given } from '../config/given.js';
import { StartupError } from '../errors/startup-error.js';
import type { Terminal } from './archiver/argument-parser.js';
import type { Command } from './command-line.js';
import type { PidFile } from './pid-file.js';
import { startInBackground } from './start-in-background.js';

/**
 * Starts the server: in the background until it is up, or with `--foreground` in this process until it ends.
 * @returns The exit code.
 * @throws StartupError with the sentence to print.
 */
export async function start(command: Command, pidFile: PidFile, terminal: Terminal): Promise<number> {
  pidFile.refuseSecond();
  const said = readGiven(command);
  compile(said);
  if (command.foreground) {
    const { serve } = await import('./serve.js');
    return await serve(said, {
      foreground: true,
      ready: async () => {},
      failed: async (reason) => {
        terminal.out.write(`${reason}\n`);
      },
    });
  }
  await startInBackground(said);
  return 0;
}

/** What flags, environment and files say, once the files that flags name are known to exist. */
export function readGiven(command: Command) {
  const workingFolder = process.cwd();
  for (const [flag, named] of [
    ['--log-config', command.logConfig],
    ['--cpp-log-config', command.cppLogConfig],
  ] as const) {
    if (named !== null && !existsSync(named)) {
      throw new StartupError(`${flag} file not found: ${resolve(named)}`);
    }
  }
  return given({ flags: command.flags, environment: process.env, workingFolder });
}
