import { dirname, join, resolve } from 'node:path';

/** The project's folder. */
export const projectRoot = resolve(import.meta.dirname, '../..');

/** One installed server with its archiver: ours, or TorchServe itself, so that both can be driven in the same way. */
export interface Release {
  readonly name: string;
  readonly torchserve: readonly string[];
  readonly archiver: readonly string[];
  readonly workflowArchiver: readonly string[];
  /** What its commands need in their environment. */
  readonly env: NodeJS.ProcessEnv;
}

/** Our commands, from this working tree or from where `bin` says. */
export function ours(bin = join(projectRoot, 'bin')): Release {
  return {
    name: 'torchbridge',
    torchserve: [join(bin, 'torchserve')],
    archiver: [join(bin, 'torch-model-archiver')],
    workflowArchiver: [join(bin, 'torch-workflow-archiver')],
    env: {},
  };
}

/** TorchServe 0.12.0 from the environment `reference`, whose interpreter is `python`. */
export function reference(python: string): Release {
  const bin = dirname(python);
  return {
    name: 'TorchServe 0.12.0',
    torchserve: [join(bin, 'torchserve')],
    archiver: [join(bin, 'torch-model-archiver')],
    workflowArchiver: [join(bin, 'torch-workflow-archiver')],
    env: { PATH: `${bin}:${process.env['PATH']}`, TS_PYTHON: undefined, VIRTUAL_ENV: undefined },
  };
}
