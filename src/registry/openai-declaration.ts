/** What a version answers of OpenAI's API: as the yaml of its archive says, or its handler when a worker has loaded it. */
export interface OpenAiDeclaration {
  /** As handlers find them in `url_path`: `v1/chat/completions`. */
  readonly routes: readonly string[];
  /** What requests may call it beside its registered name: adapters, for one. */
  readonly models: readonly string[];
}
