import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Given } from '../config/given.js';
import { StartupError } from '../errors/startup-error.js';
import type { Announcement } from './background-server.js';
import { hugeCode } from './huge-code.js';

/**
 * The process of a server in the background, in a session of its own, which survives the terminal. It keeps this
 * command's standard output and error. It loads its code while the command still finds out what to serve; by Node's own
 * means, since loading execa takes longer than all of that.
 */
export class BackgroundProcess {
  readonly #child: ChildProcess;
  readonly #announced: Promise<Announcement>;
  readonly #ended: Promise<void>;

  constructor() {
    const program = fileURLToPath(new URL('./background-server.js', import.meta.url));
    const child = spawn(process.execPath, [...hugeCode(process.env['NODE_OPTIONS']), program], {
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child = child;
    let ended = (): void => {};
    this.#ended = new Promise((resolve) => {
      ended = resolve;
    });
    this.#announced = new Promise((resolve) => {
      const failed = (reason: string): void => {
        resolve({ kind: 'failed', reason });
        ended();
      };
      child.once('message', (message) => resolve(message as Announcement));
      // No announcement comes from a server that ends first.
      child.once('exit', (status, signal) =>
        failed(`The server ended with ${signal ?? `status ${status}`} before it was up.`),
      );
      child.once('error', ({ message }) => failed(`The server could not be started: ${message}`));
    });
  }

  /**
   * Has it serve, and waits until it is up.
   * @throws StartupError with the server's reason where it does not come up.
   */
  async serve(given: Given): Promise<void> {
    // Ctrl-C while it starts: it is in a session of its own and would not hear.
    const pass = (signal: NodeJS.Signals): void => {
      this.#child.kill(signal);
    };
    process.on('SIGINT', pass).on('SIGTERM', pass);
    // Where it has ended already, that is announced.
    this.#child.send(given, () => {});
    const announcement = await this.#announced;
    if (announcement.kind === 'failed') {
      await this.#ended;
      throw new StartupError(announcement.reason);
    }
    process.off('SIGINT', pass).off('SIGTERM', pass);
    this.#child.disconnect();
    this.#child.unref();
  }

  /** It is not needed after all. */
  dismiss(): void {
    this.#child.kill('SIGKILL');
  }
}
