import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from './command.js';
import { ours, type Release } from './release.js';

/** What goes into an archive: the archiver's flags, with paths. */
export interface ArchiveParts {
  readonly name: string;
  readonly handler: string;
  readonly version?: string;
  readonly modelFile?: string;
  readonly serializedFile?: string;
  readonly extraFiles?: readonly string[];
  readonly configFile?: string;
  /** Further words for the archiver. */
  readonly options?: readonly string[];
}

/** Packs an archive into the folder `store` with the archiver of `release`; answers its file's name. */
export async function packArchive(store: string, parts: ArchiveParts, release: Release = ours()): Promise<string> {
  const words = [...release.archiver, '--model-name', parts.name, '--version', parts.version ?? '1.0'];
  words.push('--handler', parts.handler, '--export-path', store, '--force');
  if (parts.modelFile) words.push('--model-file', parts.modelFile);
  if (parts.serializedFile) words.push('--serialized-file', parts.serializedFile);
  if (parts.extraFiles) words.push('--extra-files', parts.extraFiles.join(','));
  if (parts.configFile) words.push('--config-file', parts.configFile);
  await pack([...words, ...(parts.options ?? [])], store, release);
  return `${parts.name}.mar`;
}

/** What goes into an archive of a workflow. */
export interface WorkflowParts {
  readonly name: string;
  /** The text of its specification. */
  readonly spec: string;
  readonly handler: string;
  readonly extraFiles?: readonly string[];
}

/** Packs a workflow into the folder `store` with the archiver of `release`; answers its file's name. */
export async function packWorkflow(store: string, parts: WorkflowParts, release: Release = ours()): Promise<string> {
  const spec = join(store, `${parts.name}.yaml`);
  writeFileSync(spec, parts.spec);
  const words = [...release.workflowArchiver, '--workflow-name', parts.name, '--spec-file', spec];
  words.push('--handler', parts.handler, '--export-path', store, '--force');
  if (parts.extraFiles) words.push('--extra-files', parts.extraFiles.join(','));
  await pack(words, store, release);
  rmSync(spec);
  return `${parts.name}.war`;
}

async function pack(words: readonly string[], cwd: string, release: Release): Promise<void> {
  const done = await runCommand(words, { cwd, env: { ...process.env, ...release.env } });
  if (done.status !== 0) throw new Error(`the archiver ended with ${done.status}: ${done.stdout}${done.stderr}`);
}
