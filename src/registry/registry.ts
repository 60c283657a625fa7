import { ServingError } from '../errors/serving-error.js';
import type { ModelVersion } from './model-version.js';
import type { Target } from './target.js';

interface Model {
  readonly versions: Map<string, ModelVersion>;
  defaultVersion: string;
}

/** Which models there are, in which versions, and which of these is meant where none is named. */
export class Registry {
  readonly #models = new Map<string, Model>();

  /** @throws ServingError conflict where this version is registered already. */
  mustBeFree({ model, version }: { model: string; version: string }): void {
    if (this.#models.get(model)?.versions.has(version)) {
      throw new ServingError('conflict', `Model version ${version} is already registered for model ${model}`);
    }
  }

  /** The first version of a model becomes its default. @throws ServingError conflict. */
  add(version: ModelVersion): void {
    this.mustBeFree({ model: version.modelName, version: version.version });
    const model = this.#models.get(version.modelName);
    if (model) model.versions.set(version.version, version);
    else
      this.#models.set(version.modelName, {
        versions: new Map([[version.version, version]]),
        defaultVersion: version.version,
      });
  }

  /** undefined where there is no such version. */
  find({ model: name, version }: Target): ModelVersion | undefined {
    const model = this.#models.get(name);
    return model?.versions.get(version ?? model.defaultVersion);
  }

  /** @throws ServingError modelNotFound, versionNotFound. */
  get({ model: name, version }: Target): ModelVersion {
    const model = this.#model(name);
    const found = model.versions.get(version ?? model.defaultVersion);
    if (!found)
      throw new ServingError('versionNotFound', `Model version: ${version} does not exist for model: ${name}`);
    return found;
  }

  /**
   * Takes a version out; from then on nothing finds it.
   * @throws ServingError defaultVersion where it is the default one and others exist; modelNotFound, versionNotFound.
   */
  remove(target: Target): ModelVersion {
    const version = this.get(target);
    const model = this.#model(target.model);
    if (version.version === model.defaultVersion && model.versions.size > 1) {
      throw new ServingError('defaultVersion', `Cannot remove default version for model ${target.model}`);
    }
    this.evict(version);
    return version;
  }

  /** Takes a version out, the default one too: the oldest of the others is then the default. Safe where it is out. */
  evict(version: ModelVersion): void {
    const model = this.#models.get(version.modelName);
    if (model?.versions.get(version.version) !== version) return;
    model.versions.delete(version.version);
    const [oldest] = model.versions.keys();
    if (oldest === undefined) this.#models.delete(version.modelName);
    else if (model.defaultVersion === version.version) model.defaultVersion = oldest;
  }

  /** @throws ServingError modelNotFound, versionNotFound. */
  setDefault(name: string, version: string): void {
    const model = this.#model(name);
    if (!model.versions.has(version)) {
      throw new ServingError('versionNotFound', `Model version ${version} does not exist for model ${name}`);
    }
    model.defaultVersion = version;
  }

  isDefault(version: ModelVersion): boolean {
    return this.#models.get(version.modelName)?.defaultVersion === version.version;
  }

  /** Every version of a model, in the order of registration. @throws ServingError modelNotFound. */
  versions(name: string): ModelVersion[] {
    return [...this.#model(name).versions.values()];
  }

  /** The default version of each model, by name in code-unit order. */
  defaults(): ModelVersion[] {
    return [...this.#models.entries()]
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([, { versions, defaultVersion }]) => versions.get(defaultVersion) as ModelVersion);
  }

  /** Every version of every model. */
  all(): ModelVersion[] {
    return [...this.#models.values()].flatMap(({ versions }) => [...versions.values()]);
  }

  #model(name: string): Model {
    const model = this.#models.get(name);
    if (!model) throw new ServingError('modelNotFound', `Model not found: ${name}`);
    return model;
  }
}
