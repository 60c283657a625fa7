import { ServingError } from '../errors/serving-error.js';
import type { Manifest } from './archive.js';

export const runtimes = ['python', 'python3', 'LSP'] as const;
export type Runtime = (typeof runtimes)[number];

/** What the caller and the configuration say, each before what the manifest says. */
export interface GivenIdentity {
  readonly modelName?: string | undefined;
  readonly handler?: string | undefined;
  readonly runtime?: Runtime | undefined;
  /** `default_service_handler`: for an archive that names none. */
  readonly defaultHandler?: string | null | undefined;
  /** At a start a model may take its name from its archive's file name; null where it may not. */
  readonly nameFromFile?: string | null | undefined;
}

export interface ModelIdentity {
  readonly name: string;
  readonly version: string;
  /** null where nobody names one: such a model can be registered, but no worker of it starts. */
  readonly handler: string | null;
  readonly runtime: Runtime;
  readonly envelope: string | null;
}

/**
 * Who a model is.
 * @throws {ServingError} invalidModel with TorchServe's text if its name or runtime cannot be told.
 */
export function identify(manifest: Manifest | null, given: GivenIdentity): ModelIdentity {
  const model = manifest?.model;
  const name = given.modelName || model?.modelName || (given.nameFromFile ? nameOfFile(given.nameFromFile) : '');
  if (!name) {
    throw new ServingError('invalidModel', 'Model name is not defined.');
  }
  const version = model?.modelVersion ?? '1.0';
  if (!version) {
    throw new ServingError('invalidModel', 'Model version is not defined.');
  }
  const runtime = given.runtime ?? runtimeOf(manifest?.runtime);
  if (runtime === undefined) {
    throw new ServingError('invalidModel', 'Runtime is not defined or invalid.');
  }
  return {
    name,
    version,
    handler: given.handler || model?.handler || given.defaultHandler || null,
    runtime,
    envelope: model?.envelope || null,
  };
}

/** The name of a model whose archive names none: `my-model.v2.mar` is `my_model_v2`. */
export function nameOfFile(file: string): string {
  const base = file.slice(file.lastIndexOf('/') + 1);
  const stem = /\.(mar|model)/.test(base) ? base.slice(0, base.lastIndexOf('.')) : base;
  return stem.replace(/\W|^_/g, '_');
}

/** python where a manifest says nothing; undefined for what is no runtime. Spelling does not matter. */
function runtimeOf(written: string | undefined): Runtime | undefined {
  return written === undefined ? 'python' : runtimes.find((known) => known.toLowerCase() === written.toLowerCase());
}
