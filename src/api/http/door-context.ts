import type { Lifecycle, WorkflowChanges } from '../../lifecycle/lifecycle.js';
import type { Serving } from '../../serving/serving.js';
import type { WorkflowServing } from '../../serving/workflow-serving.js';
import type { BodyStore } from '../../workers/shared-memory/body-store.js';
import type { TokenKeys } from '../auth/token-keys.js';
import type { WebSocketDoor } from '../websocket/websocket-door.js';

/** What `/metrics` shows. */
export interface MetricsExposition {
  /** The Content-Type of what `render` gives. */
  readonly contentType: string;
  /** @param names exact sample names to keep; empty: all */
  render(names: readonly string[]): string | Promise<string>;
}

/** What the endpoints work with. */
export interface DoorContext {
  readonly serving: Serving;
  readonly lifecycle: Lifecycle;
  readonly workflows: WorkflowServing;
  readonly workflowChanges: WorkflowChanges;
  readonly sockets: WebSocketDoor;
  /** null: nothing is exported. */
  readonly metrics: MetricsExposition | null;
  /** Where large request bodies are put; absent: into the heap. */
  readonly store?: BodyStore;
  /** null: no token is asked for. */
  readonly tokens: TokenKeys | null;
  /** Whether models and workflows may be registered and unregistered. */
  readonly modelApi: boolean;
  /** Whether `/v2` answers. */
  readonly openInferenceProtocol: boolean;
  /** The version that the API description and `/v2` tell. */
  readonly version: string;
}
