import { PackagingError } from '../archive/packaging/packaging-error.js';
import { packageWorkflow, type WorkflowPackage } from '../archive/packaging/workflow-package.js';
import { ArgumentParser, type Terminal } from './archiver/argument-parser.js';
import { run } from './archiver/run.js';

/**
 * `torch-workflow-archiver`.
 * @param words - The command line without the command.
 * @returns The exit code: 0, 1 for an archive that cannot be made, 2 for words that make no sense.
 */
export async function workflowArchiver(
  words: readonly string[],
  terminal: Terminal = { out: process.stdout, err: process.stderr },
): Promise<number> {
  return await run(terminal, async (warn) => packageWorkflow(parse(words, terminal), warn));
}

/** The flags as argparse names them; absent ones are undefined. */
interface Given {
  readonly workflow_name: string;
  readonly spec_file: string;
  readonly handler?: string;
  readonly export_path: string;
  readonly force: boolean;
  readonly extra_files?: string;
}

function parse(words: readonly string[], terminal: Terminal): WorkflowPackage {
  const parser = new ArgumentParser(
    'torch-workflow-archiver',
    'Packs a workflow into an archive that can be served.',
    terminal,
  );
  parser.add_argument('--workflow-name', {
    required: true,
    help: 'Name of the workflow, and of the archive: <workflow-name>.war',
  });
  parser.add_argument('--spec-file', {
    required: true,
    help: 'YAML file with the models and the graph of the workflow',
  });
  parser.add_argument('--handler', { help: "Python file with the functions of the graph's function nodes" });
  parser.add_argument('--export-path', {
    default: process.cwd(),
    help: 'Folder to write the archive into; the current one unless told',
  });
  parser.add_argument('-f', '--force', { action: 'store_true', help: 'Replace an archive that exists' });
  parser.add_argument('--extra-files', { help: 'Further files, separated by commas, no blanks' });
  const given = parser.parse_args<Given>([...words]);
  if (!given.handler) {
    throw new PackagingError('A workflow needs the Python file with its functions: --handler <file>');
  }
  return {
    workflowName: given.workflow_name,
    specFile: given.spec_file,
    handler: given.handler,
    exportPath: given.export_path || process.cwd(),
    force: given.force,
    extraFiles: given.extra_files || undefined,
  };
}
