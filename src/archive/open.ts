import type { Manifest, ModelConfig, OpenArchive } from './archive.js';
import { modelArchive } from './archive-kind.js';
import { manifestWarnings, readManifest } from './manifest.js';
import { readModelConfig } from './model-config.js';
import { openFolder } from './open-folder.js';

/** See {@link OpenArchive}. Whatever fails leaves nothing behind, neither unpacked nor downloaded. */
export const openArchive: OpenArchive = (url, options) =>
  openFolder(url, { kind: modelArchive, folder: options.modelStore }, options, describe);

async function describe(
  folder: string,
): Promise<{ manifest: Manifest | null; modelConfig: ModelConfig | null; warnings: readonly string[] }> {
  const manifest = await readManifest(folder);
  const file = manifest?.model.configFile;
  const read = file ? await readModelConfig(folder, file) : null;
  return {
    manifest,
    modelConfig: read?.config ?? null,
    warnings: [...manifestWarnings(manifest), ...(read?.warnings ?? [])],
  };
}
