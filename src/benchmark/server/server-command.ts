import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { StartupError } from '../../errors/startup-error.js';
import { packageRoot } from '../../workers/package-root.js';

/** How a server is started, and what reports call it. */
export interface ServerCommand {
  readonly label: string;
  /** Its version; null where the server itself has to be asked. */
  readonly version: string | null;
  /** Path of its `torchserve`. */
  readonly command: string;
  /** Changes to the environment of the command; undefined removes a variable. */
  readonly env: NodeJS.ProcessEnv;
}

/** The command of this package. To clients its server tells the version of the API, which is TorchServe's. */
export function ownServer(): ServerCommand {
  const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string };
  return { label: 'torchbridge', version, command: join(packageRoot, 'bin/torchserve'), env: {} };
}

/**
 * TorchServe: the command given, else the first `torchserve` on PATH that is not ours.
 * @throws StartupError where there is none.
 */
export function torchServe(command: string | undefined, path = process.env['PATH'] ?? ''): ServerCommand {
  const candidates =
    command === undefined ? path.split(delimiter).map((folder) => join(folder, 'torchserve')) : [command];
  const found = candidates.find((candidate) => existsSync(candidate) && !isOurs(candidate));
  if (found === undefined) {
    throw new StartupError(
      command === undefined
        ? "There is no torchserve on PATH but this package's own: install TorchServe, or name its command with --torchserve."
        : `${command} is not the command of TorchServe: name the torchserve of its Python environment.`,
    );
  }
  // Its Python and its tools are those beside the command, whatever this process uses.
  const bin = join(found, '..');
  return {
    label: 'TorchServe',
    version: null,
    command: found,
    env: { PATH: `${bin}${delimiter}${process.env['PATH']}`, TS_PYTHON: undefined, VIRTUAL_ENV: undefined },
  };
}

/** Ours is a Node script, TorchServe's a Python one. */
function isOurs(command: string): boolean {
  return readFileSync(realpathSync(command), 'latin1').slice(0, 80).includes('node');
}
