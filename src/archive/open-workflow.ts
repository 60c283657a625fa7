import type { FetchOptions, OpenedFolder } from './archive.js';
import { workflowArchive } from './archive-kind.js';
import { openFolder } from './open-folder.js';
import { readWorkflowManifest, type WorkflowManifest } from './workflow-manifest.js';
import { readWorkflowSpec, type WorkflowSpec } from './workflow-spec.js';

/** An archive of a workflow, unpacked. */
export interface OpenedWorkflow extends OpenedFolder {
  readonly manifest: WorkflowManifest;
  readonly spec: WorkflowSpec;
}

/** As `FetchOptions`, with the store that names are looked up in and downloads are put into. */
export interface OpenWorkflowOptions extends FetchOptions {
  readonly workflowStore: string;
}

/**
 * Resolves a url or a name in the workflow store, and unpacks it. Whatever fails leaves nothing behind, neither
 * unpacked nor downloaded.
 * @throws {ServingError} workflowNotFound, downloadFailed, invalidWorkflow, internal.
 */
export async function openWorkflow(url: string, options: OpenWorkflowOptions): Promise<OpenedWorkflow> {
  return await openFolder(url, { kind: workflowArchive, folder: options.workflowStore }, options, async (folder) => {
    const manifest = await readWorkflowManifest(folder);
    return { manifest, spec: await readWorkflowSpec(folder, manifest.specFile) };
  });
}
