import { z } from 'zod';
import { ServingError } from '../errors/serving-error.js';
import type { Manifest } from './archive.js';
import { readSmallFile } from './small-file.js';

/** Where an archive of a model keeps its manifest, relative to its root. */
export const manifestPath = 'MAR-INF/MANIFEST.json';

/** TorchServe reads bare numbers and booleans as their text, and null as absent. */
export const text = z
  .union([z.string(), z.number(), z.boolean()])
  .nullish()
  .transform((value) => (value === null || value === undefined ? undefined : String(value)));

const modelSchema = z.object({
  modelName: text,
  modelVersion: text,
  handler: text,
  modelFile: text,
  serializedFile: text,
  requirementsFile: text,
  configFile: text,
  envelope: text,
});

const manifestSchema = z.object({
  createdOn: text,
  runtime: text,
  archiverVersion: text,
  model: modelSchema.nullable().default(() => modelSchema.parse({})),
});

/**
 * Reads the manifest of an unpacked archive.
 * @param folder - The archive's root.
 * @returns null where there is none.
 * @throws {ServingError} invalidModel if there is one and it makes no sense.
 */
export async function readManifest(folder: string): Promise<Manifest | null> {
  const read = await readSmallFile(folder, manifestPath);
  if (read === null) {
    return null;
  }
  if (read === 'too large') {
    throw new ServingError('invalidModel', 'Failed to parse signature.json.');
  }
  return parseManifest(read.text);
}

/** @throws {ServingError} invalidModel unless the text is a manifest's. */
export function parseManifest(source: string): Manifest {
  const { model, ...rest } = parseJson(source);
  if (model === null) {
    throw new ServingError('invalidModel', 'Missing Model entry in manifest file.');
  }
  return { ...rest, model };
}

function parseJson(source: string): z.output<typeof manifestSchema> {
  try {
    return manifestSchema.parse(parseManifestJson(keepVersionText(source)));
  } catch (error) {
    const failure = new ServingError('invalidModel', 'Failed to parse signature.json.');
    failure.cause = error;
    throw failure;
  }
}

/** A byte order mark is what some editors on Windows put before the first brace. */
export function parseManifestJson(source: string): unknown {
  return JSON.parse(source.replace(/^\uFEFF/, ''));
}

/** A version written as a bare number is a name like any other: 1.0 must not become 1. */
function keepVersionText(source: string): string {
  return source.replace(/("modelVersion"\s*:\s*)(-?\d[\d.eE+-]*)/, '$1"$2"');
}

/** What is odd about a manifest without making it wrong; one sentence each. */
export function manifestWarnings(manifest: Manifest | null): string[] {
  if (manifest === null) {
    return [];
  }
  return (['archiverVersion', 'createdOn'] as const)
    .filter((key) => manifest[key] === undefined)
    .map((key) => `The archive's manifest has no ${key}.`);
}
