import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/**
 * A process that classifies an image over and over for as long as it is asked to, and rests in between: it has loaded and has run
 * before it is timed, as the servers have beside which it stands.
 */
export class PlainLoop {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;
  #errors = '';

  /** @param args `plain_classifier.py loop …` */
  constructor(python: string, args: readonly string[]) {
    this.#child = spawn(python, args);
    // A pipe whose reader has died: `run` says so, in Python's own words.
    this.#child.stdin.on('error', () => {});
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
    this.#child.stderr.on('data', (text) => {
      this.#errors += text;
    });
  }

  /** @returns images a second in the next so many seconds. @throws Error with what Python printed where it has ended. */
  async run(seconds: number): Promise<number> {
    this.#child.stdin.write(`${seconds}\n`);
    const { value, done } = await this.#answers.next();
    if (done) throw new Error(`the plain loop has ended: ${this.#errors}`);
    return Number(value);
  }

  close(): void {
    this.#child.kill('SIGKILL');
  }
}
