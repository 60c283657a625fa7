import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CommandResult, runCommand } from './command.js';
import { freePorts } from './free-ports.js';
import { processesMarked } from './processes.js';
import { projectRoot } from './release.js';

/**
 * A folder with a copy of examples/digits, in which lines are typed as a reader would type them. The copy also has the
 * file names of TorchServe's own pages: model.pth, and kitten.jpg, which is a picture of a handwritten 7. The ports 8080
 * and 8081 in what is typed stand for ports of the folder's own.
 */
export class Shell {
  readonly folder: string;
  readonly #port: number;

  private constructor(folder: string, port: number) {
    this.folder = folder;
    this.#port = port;
  }

  static async open(): Promise<Shell> {
    const shell = new Shell(mkdtempSync(join(tmpdir(), 'tb-sh-')), await freePorts(5));
    const { folder } = shell;
    const port = shell.#port;
    cpSync(join(projectRoot, 'examples/digits'), folder, { recursive: true });
    cpSync(join(folder, 'digits.pth'), join(folder, 'model.pth'));
    cpSync(join(folder, 'samples/7.png'), join(folder, 'kitten.jpg'));
    const lines = ['inference', 'management', 'metrics'].map(
      (name, index) => `${name}_address=http://127.0.0.1:${port + index}`,
    );
    lines.push(`grpc_inference_port=${port + 3}`, `grpc_management_port=${port + 4}`);
    writeFileSync(join(folder, 'config.properties'), `${lines.join('\n')}\n`);
    return shell;
  }

  /** Types one or more lines; a shell stops at the first that fails. */
  type(lines: string): Promise<CommandResult> {
    const typed = lines.replaceAll(':8080', `:${this.#port}`).replaceAll(':8081', `:${this.#port + 1}`);
    const env = { ...process.env, PATH: `${join(projectRoot, 'bin')}:${process.env['PATH']}`, TMPDIR: this.folder };
    return runCommand(['sh', '-e', '-c', typed], { cwd: this.folder, env });
  }

  /** Kills what still runs, and removes the folder. */
  close(): void {
    for (const { pid } of processesMarked(this.folder)) process.kill(pid, 'SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}
