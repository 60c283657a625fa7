import { basename } from 'node:path';
import { z } from 'zod';
import { ServingError } from '../errors/serving-error.js';
import { parseManifestJson, text } from './manifest.js';
import { readSmallFile } from './small-file.js';

/** Where an archive of a workflow keeps its manifest, relative to its root. */
export const workflowManifestPath = 'WAR-INF/MANIFEST.json';

/** WAR-INF/MANIFEST.json; file names are base names. */
export interface WorkflowManifest {
  readonly workflowName: string | null;
  readonly specFile: string;
  /** The file whose functions are nodes; null where it names none. */
  readonly handler: string | null;
}

const manifestSchema = z.object({
  createdOn: text,
  archiverVersion: text,
  workflow: z.object({ workflowName: text, specFile: text, handler: text }).nullish(),
});

/**
 * Reads the manifest of an unpacked workflow archive.
 * @param folder - The archive's root.
 * @throws {ServingError} invalidWorkflow, with TorchServe's text where it has one.
 */
export async function readWorkflowManifest(folder: string): Promise<WorkflowManifest> {
  const read = await readSmallFile(folder, workflowManifestPath);
  if (read === null) {
    throw refused(`The workflow archive has no ${workflowManifestPath}.`);
  }
  const { workflow, createdOn, archiverVersion } = parse(read);
  if (!workflow) {
    throw refused('Missing Workflow entry in manifest file.');
  }
  if (archiverVersion === undefined) {
    throw refused('Workflow archive version is not defined.');
  }
  if (createdOn === undefined) {
    throw refused('Workflow archive createdOn is not defined.');
  }
  if (!workflow.specFile) {
    throw refused('Workflow specFile is not defined.');
  }
  return {
    workflowName: workflow.workflowName || null,
    specFile: basename(workflow.specFile),
    handler: workflow.handler ? basename(workflow.handler) : null,
  };
}

function parse(read: { text: string } | 'too large'): z.output<typeof manifestSchema> {
  try {
    return manifestSchema.parse(read === 'too large' ? undefined : parseManifestJson(read.text));
  } catch (error) {
    const failure = refused(`Failed to parse ${workflowManifestPath}.`);
    failure.cause = error;
    throw failure;
  }
}

function refused(message: string): ServingError {
  return new ServingError('invalidWorkflow', message);
}
