import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunPython } from './run-python.js';

/** Where an interpreter finds packages, and whether pip is one of them. */
const probe = `
import importlib.util, json, sys
sites = [path for path in sys.path if path.rstrip('/').endswith(('site-packages', 'dist-packages'))]
print(json.dumps({'sites': sites, 'pip': importlib.util.find_spec('pip') is not None}))
`;

/**
 * Makes a virtual environment that sees the packages of the interpreter it is made with, behind its own. Python's
 * `--system-site-packages` would, where that interpreter is a virtual environment itself, show those of the system instead.
 * @param run - Runs an interpreter.
 * @param folder - To be made.
 * @returns Its interpreter.
 */
export async function makeVirtualEnvironment(run: RunPython, python: string, folder: string): Promise<string> {
  const { sites, pip } = JSON.parse(await run(python, ['-c', probe])) as { sites: string[]; pip: boolean };
  // Through the packages it sees the environment has pip already; installing another takes seconds.
  await run(python, ['-m', 'venv', ...(pip ? ['--without-pip'] : []), folder]);
  const own = join(folder, 'bin', 'python');
  const library = await run(own, ['-c', "import sysconfig; print(sysconfig.get_path('purelib'))"]);
  const lines = sites.map((site) => `import site; site.addsitedir(${JSON.stringify(site)})\n`);
  await writeFile(join(library.trim(), 'zz_inherited.pth'), lines.join(''));
  return own;
}
