import { basename } from 'node:path';
import { inOrder, pack } from '../pack.js';
import { workflowManifestPath } from '../workflow-manifest.js';
import { PackageContents } from './contents.js';
import { manifestText } from './manifest-text.js';
import { PackagingError } from './packaging-error.js';
import { checkExportPath, checkName, checkTarget, targetPath } from './target.js';
import { createdOn, packageTime } from './time.js';

/** The flags of `torch-workflow-archiver`. */
export interface WorkflowPackage {
  readonly workflowName: string;
  readonly specFile: string;
  readonly handler: string;
  /** A folder that exists. */
  readonly exportPath: string;
  readonly force: boolean;
  readonly extraFiles?: string | undefined;
}

/** The release whose archives ours are like. */
const archiverVersion = '0.2.15';

/**
 * Makes the archive of a workflow.
 * @param warn - Told what the user should know though it stops nothing.
 * @returns The path of what was written.
 * @throws {PackagingError}
 */
export async function packageWorkflow(workflow: WorkflowPackage, warn: (message: string) => void): Promise<string> {
  const { workflowName, specFile, handler, exportPath, force, extraFiles } = workflow;
  checkName(workflowName, 'workflow');
  await checkExportPath(exportPath);
  const target = targetPath(exportPath, `${workflowName}.war`);
  await checkTarget(target, force, 'workflow', warn);
  const time = packageTime(process.env);
  const contents = new PackageContents();
  await contents.addFile(specFile, '--spec-file');
  await contents.addFile(handler, '--handler');
  for (const path of extraFiles?.split(',') ?? []) {
    await contents.addFile(path, '--extra-files');
  }
  const manifest = {
    createdOn: createdOn(time),
    workflow: { workflowName, specFile: basename(specFile), handler: basename(handler) },
    archiverVersion,
  };
  const files = [
    ...inOrder(contents.files),
    { name: workflowManifestPath, source: Buffer.from(manifestText(manifest)) },
  ];
  try {
    await pack({ format: 'default', target, root: workflowName, files, time });
  } catch (error) {
    throw new PackagingError(
      `Failed to save the workflow-archive to workflow-path "${exportPath}". Check the file permissions and retry.\n` +
        (error as Error).message,
      { cause: error },
    );
  }
  return target;
}
