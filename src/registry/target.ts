/** Names a model version as a caller did; `version` null means the default one. */
export interface Target {
  readonly model: string;
  readonly version: string | null;
}
