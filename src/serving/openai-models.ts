import { ServingError } from '../errors/serving-error.js';
import type { ModelVersion } from '../registry/model-version.js';
import type { Registry } from '../registry/registry.js';
import type { Target } from '../registry/target.js';

/** What a `model` of OpenAI's API stands for here. */
export interface OpenAiModel {
  /** As requests say it: a registered name, `name/version`, or what a handler calls its model beside that. */
  readonly id: string;
  readonly target: Target;
  /** What it answers, as handlers find it in `url_path`: `v1/chat/completions`; null: not known before a worker has loaded. */
  readonly routes: readonly string[] | null;
  readonly registeredAt: Date;
  /** The registered name, where the id is one that its handler adds: of an adapter, for one. */
  readonly parent: string | null;
}

/** Every model that answers some of OpenAI's routes: default versions, the other versions, the names that handlers add. */
export function openAiModels(registry: Registry): OpenAiModel[] {
  const defaults = registry.defaults();
  const others = defaults.flatMap((version) => registry.versions(version.modelName).filter((one) => one !== version));
  const all = [
    ...defaults.map((version) => ofDefault(version)),
    ...others.map((version) => ofVersion(version)),
    ...defaults.flatMap((version) => ofAdded(version)),
  ];
  const isFirst = ({ id }: OpenAiModel, index: number) => all.findIndex((one) => one.id === id) === index;
  return all.filter(isFirst).filter(({ routes }) => routes?.length);
}

/**
 * Finds what a request's `model` stands for: a registered name before `name/version`, and that before what handlers add.
 * @returns also a model that answers none of the routes.
 * @throws ServingError modelNotFound, versionNotFound.
 */
export function openAiModel(registry: Registry, id: string): OpenAiModel {
  const slash = id.lastIndexOf('/');
  const [name, version] = [id.slice(0, slash), id.slice(slash + 1)];
  const registered = registry.find({ model: id, version: null });
  if (registered) return ofDefault(registered);
  const ofOneVersion = registry.find({ model: name, version });
  if (ofOneVersion) return ofVersion(ofOneVersion);
  const added = registry.defaults().flatMap(ofAdded);
  const found = added.find((one) => one.id === id);
  if (found) return found;
  if (registry.find({ model: name, version: null })) registry.get({ model: name, version });
  throw new ServingError('modelNotFound', `Model not found: ${id}`);
}

function ofDefault({ modelName, openai, registeredAt }: ModelVersion): OpenAiModel {
  const target = { model: modelName, version: null };
  return { id: modelName, target, routes: openai?.routes ?? null, registeredAt, parent: null };
}

function ofVersion(one: ModelVersion): OpenAiModel {
  const { modelName: model, version } = one;
  return { ...ofDefault(one), id: `${model}/${version}`, target: { model, version } };
}

function ofAdded(version: ModelVersion): OpenAiModel[] {
  const { modelName, openai } = version;
  const names = openai?.models.filter((id) => id !== modelName) ?? [];
  return names.map((id) => ({ ...ofDefault(version), id, parent: modelName }));
}
