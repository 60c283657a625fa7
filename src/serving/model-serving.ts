import type { Inference, InferenceInput } from '../batching/inference.js';
import type { ModelVersion } from '../registry/model-version.js';
import type { Registry } from '../registry/registry.js';
import type { VersionSnapshot } from '../registry/snapshot.js';
import { type OpenAiModel, openAiModel, openAiModels } from './openai-models.js';
import type { Serving, Target } from './serving.js';

/** Answers the front doors from the registry. */
export class ModelServing implements Serving {
  readonly #registry: Registry;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  infer(target: Target, input: InferenceInput): Inference {
    return this.#registry.get(target).submit(input, target.version);
  }

  describeCustomized(target: Target, input: InferenceInput): Inference {
    const headers = [...input.headers, 'describe', 'True'];
    return this.#registry.get(target).submitDescribe({ ...input, headers, parameters: [] });
  }

  describe(target: Target): readonly VersionSnapshot[] {
    const versions = target.version === 'all' ? this.#registry.versions(target.model) : [this.#registry.get(target)];
    return versions.map((version) => this.#snapshot(version));
  }

  mustExist(target: Target): void {
    this.#registry.get(target);
  }

  list(): readonly VersionSnapshot[] {
    return this.#registry.defaults().map((version) => this.#snapshot(version));
  }

  openaiModels(): readonly OpenAiModel[] {
    return openAiModels(this.#registry);
  }

  openaiModel(id: string): OpenAiModel {
    return openAiModel(this.#registry, id);
  }

  soleStartupModel(): string | null {
    const names = new Set(
      this.#registry.all().flatMap(({ loadedAtStartup, modelName }) => (loadedAtStartup ? [modelName] : [])),
    );
    return names.size === 1 ? ([...names][0] as string) : null;
  }

  healthy(): boolean {
    return this.#registry.defaults().every((version) => version.healthy);
  }

  #snapshot(version: ModelVersion): VersionSnapshot {
    return version.snapshot(this.#registry.isDefault(version));
  }
}
