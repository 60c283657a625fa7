import { torchServeVersion } from '../config/release.js';
import { StartupError } from '../errors/startup-error.js';
import { ParserExit, type Terminal } from './archiver/argument-parser.js';
import { type Command, parseCommandLine } from './command-line.js';
import { packageVersion } from './package-version.js';
import { PidFile } from './pid-file.js';

/**
 * `torchserve`.
 * @param words - The command line without the command.
 * @returns The exit code: 0, 1 for a server that cannot be started, 2 for words that make no sense.
 */
export async function torchserve(
  words: readonly string[],
  terminal: Terminal = { out: process.stdout, err: process.stderr },
): Promise<number> {
  try {
    return await run(parseCommandLine(words, terminal), terminal);
  } catch (error) {
    if (error instanceof ParserExit) {
      return error.exitCode;
    }
    if (error instanceof StartupError) {
      terminal.out.write(`${error.message}\n`);
      return error.exitCode;
    }
    throw error;
  }
}

/** Each action loads only what it needs, so that the quick ones are quick. */
async function run(command: Command, terminal: Terminal): Promise<number> {
  const pidFile = new PidFile();
  if (pidFile.isOrphan()) {
    terminal.out.write('Removing orphan pid file.\n');
    pidFile.clear();
  }
  switch (command.action) {
    case 'version':
      terminal.out.write(`TorchServe Version is ${torchServeVersion}\n`);
      terminal.err.write(`torchbridge ${packageVersion()}\n`);
      return 0;
    case 'stop':
      return await (await import('./stop.js')).stop(pidFile, terminal);
    case 'check':
      return await (await import('./check.js')).check(command, terminal);
    default:
      return await (await import('./start.js')).start(command, pidFile, terminal);
  }
}
