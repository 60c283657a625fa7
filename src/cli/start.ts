import type { Terminal } from './archiver/argument-parser.js';
import { BackgroundProcess } from './background-process.js';
import type { Command } from './command-line.js';
import type { PidFile } from './pid-file.js';

/**
 * Starts the server: in the background until it is up, or with `--foreground` in this process until it ends.
 * @returns The exit code.
 * @throws StartupError with the sentence to print.
 */
export async function start(command: Command, pidFile: PidFile, terminal: Terminal): Promise<number> {
  pidFile.refuseSecond();
  return command.foreground ? await inForeground(command, terminal) : await inBackground(command);
}

async function inForeground(command: Command, terminal: Terminal): Promise<number> {
  const [{ readGiven }, { serve }] = await Promise.all([import('./read-given.js'), import('./serve.js')]);
  return await serve(readGiven(command), {
    foreground: true,
    ready: async () => {},
    failed: async (reason) => {
      terminal.out.write(`${reason}\n`);
    },
  });
}

/** The server's process comes first: it takes longer to load than this one does to read what it has to serve. */
async function inBackground(command: Command): Promise<number> {
  const server = new BackgroundProcess();
  try {
    const { readGiven } = await import('./read-given.js');
    await server.serve(readGiven(command));
  } catch (error) {
    server.dismiss();
    throw error;
  }
  return 0;
}
