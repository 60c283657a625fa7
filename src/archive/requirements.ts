import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ServingError } from '../errors/serving-error.js';
import type { OpenedArchive } from './archive.js';
import { entryPath } from './entry-path.js';
import type { Runtime } from './model-identity.js';
import { PythonFailed, pythonRunner, type RunPython } from './run-python.js';
import { makeVirtualEnvironment } from './virtual-environment.js';

export interface PythonSetup {
  readonly modelName: string;
  readonly runtime: Runtime;
  /** Absolute path of the interpreter that the server's workers use. */
  readonly python: string;
  /** The whole environment for pip: what workers would be given. */
  readonly env: NodeJS.ProcessEnv;
  /** `install_py_dep_per_model`. */
  readonly install: boolean;
  /** Aborting it ends pip; nothing that it installed stays. */
  readonly signal?: AbortSignal;
}

/** What the workers of a model run on. */
export interface PreparedPython {
  /** Absolute path of an interpreter: the server's, or that of the model's own virtual environment. */
  readonly python: string;
  /** Folders that come first on PYTHONPATH. */
  readonly pythonPath: readonly string[];
}

/**
 * Makes a model's virtual environment, where its yaml says `useVenv` and its runtime is `python`, and installs its requirements
 * file, where the configuration allows that: into the environment, else into a folder of the model's own. Both lie in the
 * archive's private folder, and go with it.
 * @throws {ServingError} modelSetup with TorchServe's text and pip's own words. What was begun is removed.
 */
export async function preparePython(archive: OpenedArchive, setup: PythonSetup): Promise<PreparedPython> {
  const { modelName, python, signal } = setup;
  const requirements = setup.install ? await requirementsFile(archive, modelName) : null;
  const needsEnvironment = archive.modelConfig?.useVenv === true && setup.runtime === 'python';
  if (requirements === null && !needsEnvironment) {
    return { python, pythonPath: [] };
  }
  // Everything that pip leaves in its temporary folder goes as well.
  const temporary = join(archive.privateFolder, 'tmp');
  await mkdir(temporary, { recursive: true });
  const run = pythonRunner({ cwd: archive.folder, env: { ...setup.env, TMPDIR: temporary }, signal });
  try {
    if (!needsEnvironment) {
      const folder = join(archive.privateFolder, 'packages');
      await installInto(folder, run, python, requirements ?? '', modelName);
      return { python, pythonPath: [folder] };
    }
    return { python: await environment(archive, run, setup, requirements), pythonPath: [] };
  } finally {
    await rm(temporary, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function environment(
  archive: OpenedArchive,
  run: RunPython,
  { modelName, python }: PythonSetup,
  requirements: string | null,
): Promise<string> {
  const folder = join(archive.privateFolder, 'venv');
  try {
    const own = await makeVirtualEnvironment(run, python, folder).catch((error) => {
      throw failure(`Virtual environment creation failed for model ${modelName}`, error);
    });
    if (requirements !== null) {
      await install(run, own, ['--upgrade-strategy', 'only-if-needed'], requirements, modelName);
    }
    return own;
  } catch (error) {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    throw error;
  }
}

/** Under another name until pip is done, so that the folder is whole or not there. */
async function installInto(folder: string, run: RunPython, python: string, file: string, model: string): Promise<void> {
  const partial = `${folder}.partial`;
  try {
    await install(run, python, ['-t', partial], file, model);
    await mkdir(partial, { recursive: true });
    await rename(partial, folder);
  } finally {
    await rm(partial, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function install(run: RunPython, python: string, options: string[], file: string, model: string): Promise<void> {
  const words = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '-U', ...options, '-r', file];
  await run(python, words).catch((error) => {
    throw failure(`Custom pip package installation failed for model ${model}`, error);
  });
}

/** null where the manifest names none. */
async function requirementsFile({ folder, manifest }: OpenedArchive, modelName: string): Promise<string | null> {
  const named = manifest?.model.requirementsFile;
  if (!named) {
    return null;
  }
  const path = await insideOf(folder, named);
  if (path === null) {
    throw new ServingError(
      'modelSetup',
      `Custom pip package installation failed for model ${modelName}: the archive has no file ${named}, which its manifest names`,
    );
  }
  return path;
}

async function insideOf(folder: string, name: string): Promise<string | null> {
  try {
    const path = join(folder, entryPath(name));
    return (await stat(path)).isFile() ? path : null;
  } catch {
    return null;
  }
}

function failure(text: string, error: unknown): unknown {
  if (!(error instanceof PythonFailed)) {
    return error;
  }
  const failed = new ServingError('modelSetup', `${text}: ${error.message}`);
  failed.cause = error;
  return failed;
}
