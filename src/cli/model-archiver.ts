import { type Runtime, runtimes } from '../archive/model-identity.js';
import { type ArchiveFormat, archiveFormats } from '../archive/pack.js';
import { type ModelPackage, packageModel } from '../archive/packaging/model-package.js';
import { ArgumentParser, type Terminal } from './archiver/argument-parser.js';
import { run } from './archiver/run.js';

/**
 * `torch-model-archiver`.
 * @param words - The command line without the command.
 * @returns The exit code: 0, 1 for an archive that cannot be made, 2 for words that make no sense.
 */
export async function modelArchiver(
  words: readonly string[],
  terminal: Terminal = { out: process.stdout, err: process.stderr },
): Promise<number> {
  return await run(terminal, async (warn) => packageModel(parse(words, terminal), warn));
}

/** The flags as argparse names them; absent ones are undefined. */
interface Given {
  readonly model_name: string;
  readonly version: string;
  readonly handler: string;
  readonly runtime: Runtime;
  readonly archive_format: ArchiveFormat;
  readonly export_path: string;
  readonly force: boolean;
  readonly serialized_file?: string;
  readonly model_file?: string;
  readonly extra_files?: string;
  readonly requirements_file?: string;
  readonly config_file?: string;
}

function parse(words: readonly string[], terminal: Terminal): ModelPackage {
  const parser = new ArgumentParser(
    'torch-model-archiver',
    'Packs a model into an archive that can be served.',
    terminal,
  );
  parser.add_argument('--model-name', {
    required: true,
    help: 'Name of the model, and of the archive: <model-name>.mar',
  });
  parser.add_argument('--serialized-file', {
    help: 'Weights (state_dict, .pt or .pth) of an eager model,\nor a TorchScript, exported, ONNX or TensorRT file',
  });
  parser.add_argument('--model-file', {
    help: 'Python file with the class of an eager model;\nit has to define exactly one torch.nn.Module',
  });
  parser.add_argument('--handler', {
    required: true,
    help: 'Name of a handler that comes with the server, such as image_classifier,\nor path of a Python file: handler.py, handler, or handler:function',
  });
  parser.add_argument('--extra-files', {
    help: 'Further files, folders (their contents) and patterns (*.json), separated by commas, no blanks',
  });
  parser.add_argument('--runtime', {
    choices: [...runtimes],
    default: 'python',
    help: 'What runs the handler; python unless told',
  });
  parser.add_argument('--export-path', {
    default: process.cwd(),
    help: 'Folder to write the archive into; the current one unless told',
  });
  parser.add_argument('--archive-format', {
    choices: [...archiveFormats],
    default: 'default',
    help: [
      'default:    <model-name>.mar, a compressed zip',
      'zip-store:  <model-name>.mar, a zip that is not compressed, quicker to make',
      'tgz:        <model-name>.tar.gz',
      'no-archive: <model-name>/, a folder with the same files',
    ].join('\n'),
  });
  parser.add_argument('-f', '--force', { action: 'store_true', help: 'Replace an archive that exists' });
  parser.add_argument('-v', '--version', { required: true, help: 'Version of the model' });
  parser.add_argument('-r', '--requirements-file', { help: 'requirements.txt with the Python packages of this model' });
  parser.add_argument('-c', '--config-file', { help: 'YAML file with the settings of this model, such as batchSize' });
  const given = parser.parse_args<Given>([...words]);
  return {
    modelName: given.model_name,
    version: given.version,
    handler: given.handler,
    runtime: given.runtime,
    format: given.archive_format,
    exportPath: given.export_path || process.cwd(),
    force: given.force,
    serializedFile: given.serialized_file,
    modelFile: given.model_file,
    extraFiles: given.extra_files,
    requirementsFile: given.requirements_file,
    configFile: given.config_file,
  };
}
