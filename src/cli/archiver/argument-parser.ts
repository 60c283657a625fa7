import type { Writable } from 'node:stream';
import argparse from 'argparse';

/** Where a command prints. */
export interface Terminal {
  readonly out: Pick<Writable, 'write'>;
  readonly err: Pick<Writable, 'write'>;
}

/** Ends a command from within the parser, which has printed what there is to say. */
export class ParserExit extends Error {
  constructor(readonly exitCode: number) {
    super(`exit ${exitCode}`);
  }
}

/**
 * Python's argparse as a package, so that flags, their abbreviations, usage and errors are those of the archivers that users
 * know; printing where it is told and ending by an exception instead of the process.
 */
export class ArgumentParser extends argparse.ArgumentParser {
  constructor(
    prog: string,
    description: string,
    private readonly terminal: Terminal,
  ) {
    super({ prog, description, formatter_class: argparse.RawTextHelpFormatter, color: false });
  }

  _print_message(message: string, file?: Writable): void {
    (file === process.stdout ? this.terminal.out : this.terminal.err).write(message);
  }

  override exit(status = 0, message?: string): never {
    if (message) {
      this.terminal.err.write(message);
    }
    throw new ParserExit(status);
  }
}
