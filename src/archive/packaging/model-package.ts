import { basename } from 'node:path';
import { manifestPath } from '../manifest.js';
import type { Runtime } from '../model-identity.js';
import { type ArchiveFormat, inOrder, pack } from '../pack.js';
import { PackageContents } from './contents.js';
import { manifestText } from './manifest-text.js';
import { PackagingError } from './packaging-error.js';
import { checkExportPath, checkName, checkTarget, targetPath } from './target.js';
import { createdOn, packageTime } from './time.js';

/** The flags of `torch-model-archiver`. */
export interface ModelPackage {
  readonly modelName: string;
  readonly version: string;
  readonly handler: string;
  readonly runtime: Runtime;
  readonly format: ArchiveFormat;
  /** A folder that exists. */
  readonly exportPath: string;
  readonly force: boolean;
  readonly serializedFile?: string | undefined;
  readonly modelFile?: string | undefined;
  readonly extraFiles?: string | undefined;
  readonly requirementsFile?: string | undefined;
  readonly configFile?: string | undefined;
}

/** The release whose archives ours are like. */
const archiverVersion = '0.12.0';

/** Handlers that come with the server, so that nothing is packed for them. */
const builtIn: Readonly<Record<Runtime, readonly string[]>> = {
  python: pythonHandlers(),
  python3: pythonHandlers(),
  LSP: ['BaseHandler', 'TorchScriptHandler'],
};

/**
 * Makes the archive of a model.
 * @param warn - Told what the user should know though it stops nothing.
 * @returns The path of what was written.
 * @throws {PackagingError}
 */
export async function packageModel(model: ModelPackage, warn: (message: string) => void): Promise<string> {
  checkName(model.modelName, 'model');
  await checkExportPath(model.exportPath);
  const target = targetPath(model.exportPath, fileName(model));
  await checkTarget(target, model.force, 'model', warn);
  const time = packageTime(process.env);
  const contents = await collect(model, warn);
  const manifest = { name: manifestPath, source: Buffer.from(manifestText(manifestOf(model, time))) };
  const files = [...inOrder(contents.files.filter(({ name }) => name !== manifestPath)), manifest];
  try {
    await pack({ format: model.format, target, root: model.modelName, files, time });
  } catch (error) {
    throw failure(error, model);
  }
  return target;
}

function fileName({ modelName, format }: ModelPackage): string {
  return {
    default: `${modelName}.mar`,
    'zip-store': `${modelName}.mar`,
    tgz: `${modelName}.tar.gz`,
    'no-archive': modelName,
  }[format];
}

/** In the order in which a later file of the same name replaces an earlier one. */
async function collect(model: ModelPackage, warn: (message: string) => void): Promise<PackageContents> {
  const contents = new PackageContents();
  if (model.modelFile) {
    await contents.addFile(model.modelFile, '--model-file');
  }
  if (model.serializedFile) {
    await contents.addFile(model.serializedFile, '--serialized-file');
  }
  const handler = handlerFile(model);
  if (handler !== null) {
    await contents.addFile(handler, handlerHint(model.handler));
  }
  if (model.extraFiles) {
    await contents.addExtraFiles(model.extraFiles, warn);
  }
  if (model.requirementsFile) {
    await contents.addFile(model.requirementsFile, '--requirements-file');
  }
  if (model.configFile) {
    await contents.addFile(model.configFile, '--config-file');
  }
  return contents;
}

/** The file that a handler's name means; null for one that comes with the server. */
function handlerFile({ handler, runtime }: ModelPackage): string | null {
  if (handler === '' || builtIn[runtime].includes(handler)) {
    return null;
  }
  if (runtime === 'LSP') {
    return `${handler.split(':', 1)[0]}${process.platform === 'darwin' ? '.dylib' : '.so'}`;
  }
  return handler.includes('.py') ? handler : `${handler.split(':', 1)[0]}.py`;
}

function handlerHint(handler: string): string {
  const [path, entry] = handler.split('.py:', 2);
  return entry === undefined ? '--handler' : `--handler; a function of a file is written ${path}:${entry}`;
}

function manifestOf(model: ModelPackage, time: Date): object {
  return {
    createdOn: createdOn(time),
    runtime: model.runtime,
    model: {
      modelName: model.modelName,
      serializedFile: base(model.serializedFile),
      handler: base(model.handler),
      modelFile: base(model.modelFile),
      modelVersion: model.version,
      requirementsFile: base(model.requirementsFile),
      configFile: base(model.configFile),
    },
    archiverVersion,
  };
}

function base(path: string | undefined): string | undefined {
  return path && basename(path);
}

function failure(error: unknown, { modelName, exportPath }: ModelPackage): PackagingError {
  if (error instanceof PackagingError) {
    return error;
  }
  const { code, message } = error as NodeJS.ErrnoException;
  const text =
    code === undefined
      ? `Failed to convert ${modelName} to the model-archive.`
      : `Failed to save the model-archive to model-path "${exportPath}". Check the file permissions and retry.`;
  return new PackagingError(`${text}\n${message}`, { cause: error });
}

function pythonHandlers(): readonly string[] {
  return [
    'base_handler',
    'text_classifier',
    'image_classifier',
    'object_detector',
    'image_segmenter',
    'dali_image_classifier',
    'vllm_handler',
    'trt_llm_handler',
  ];
}
