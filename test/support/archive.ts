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
  const done = await runCommand([...words, ...(parts.options ?? [])], {
    cwd: store,
    env: { ...process.env, ...release.env },
  });
  if (done.status !== 0) throw new Error(`the archiver ended with ${done.status}: ${done.stdout}${done.stderr}`);
  return `${parts.name}.mar`;
}
