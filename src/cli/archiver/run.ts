import { PackagingError } from '../../archive/packaging/packaging-error.js';
import { ParserExit, type Terminal } from './argument-parser.js';

/**
 * Runs an archiver to its exit code. It prints nothing when all goes well; warnings and errors are `LEVEL - message` lines.
 * @param work - Reads the words and makes the archive; `warn` prints a warning.
 */
export async function run(
  terminal: Terminal,
  work: (warn: (message: string) => void) => Promise<unknown>,
): Promise<number> {
  try {
    await work((message) => terminal.err.write(`WARNING - ${message}\n`));
    return 0;
  } catch (error) {
    if (error instanceof ParserExit) {
      return error.exitCode;
    }
    if (error instanceof PackagingError) {
      terminal.err.write(`ERROR - ${error.message}\n`);
      return 1;
    }
    throw error;
  }
}
