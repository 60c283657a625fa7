/**
 * Something that keeps the server or a command from starting. The message is one sentence that names what is wrong and
 * the cure; the command line prints it as it is and exits with `exitCode`.
 */
export class StartupError extends Error {
  override readonly name = 'StartupError';
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
