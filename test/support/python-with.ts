import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { projectRoot } from './release.js';

const { findEnvironment } = (await import(join(projectRoot, 'python_backend/environment.mjs'))) as {
  findEnvironment(name: string): string | undefined;
};

/**
 * The first Python that has these modules, or null: of `first`, the test environment's, or TS_PYTHON.
 * @param modules as behind `import`.
 */
export function pythonWith(modules: string, first: readonly (string | undefined)[] = []): string | null {
  const candidates = [...first, findEnvironment('test'), process.env['TS_PYTHON']];
  return candidates.find((python): python is string => !!python && imports(python, modules)) ?? null;
}

/** Whether a Python has these modules. */
export function imports(python: string, modules: string): boolean {
  return spawnSync(python, ['-c', `import ${modules}`], { stdio: 'ignore' }).status === 0;
}
