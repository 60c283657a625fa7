import type { Answer, Inference, InferenceInput } from '../batching/inference.js';
import type { VersionSnapshot } from '../registry/snapshot.js';
import type { Target } from '../registry/target.js';
import type { OpenAiModel } from './openai-models.js';

/** What a front door may ask. Doors hold no serving logic of their own: they turn bytes into these calls and back. */
export interface Serving {
  /**
   * Admits a request and waits for its answer.
   * @throws ServingError at once: modelNotFound, versionNotFound, unavailable (no worker, queue full).
   */
  infer(target: Target, input: InferenceInput): Inference;
  /** Asks a live worker for its customized description: an ordinary answer whose body should be a JSON object. */
  describeCustomized(target: Target, input: InferenceInput): Inference;
  /**
   * One version, or with version `all` every one.
   * @throws ServingError modelNotFound, versionNotFound.
   */
  describe(target: Target): readonly VersionSnapshot[];
  /** Throws as `describe` where the version does not exist. */
  mustExist(target: Target): void;
  /** Default versions, sorted by name in code-unit order. */
  list(): readonly VersionSnapshot[];
  /** The models that answer some of OpenAI's routes. */
  openaiModels(): readonly OpenAiModel[];
  /**
   * What the `model` of a request to these routes stands for; also one that answers none of them.
   * @throws ServingError modelNotFound, versionNotFound.
   */
  openaiModel(id: string): OpenAiModel;
  /** The only model that was loaded at start, if there is exactly one: what SageMaker's /invocations means. */
  soleStartupModel(): string | null;
  /** False once the default version of a model has fewer healthy workers than its minimum. */
  healthy(): boolean;
}

export type { Answer, Inference, InferenceInput, OpenAiModel, Target };
