import type { WorkerSnapshot, WorkerState } from '../workers/worker-state.js';
import type { AutoscaleSnapshot } from './autoscale-status.js';
import type { OpenAiDeclaration } from './openai-declaration.js';
import type { VersionSettings } from './version-settings.js';

export type { AutoscaleSnapshot, WorkerSnapshot, WorkerState };

/** One model version at one moment: its settings and its state, plain data, safe to keep. */
export interface VersionSnapshot
  extends Omit<VersionSettings, 'handler' | 'envelope' | 'queueCapacity' | 'forksAfterLoad' | 'openaiRoutes'> {
  readonly modelName: string;
  readonly version: string;
  readonly isDefault: boolean;
  /** As it was registered. */
  readonly url: string | null;
  readonly registeredAt: Date;
  readonly minWorkers: number;
  readonly maxWorkers: number;
  readonly loadedAtStartup: boolean;
  readonly workers: readonly WorkerSnapshot[];
  /** How many more requests could wait. */
  readonly remainingCapacity: number;
  readonly pendingRequests: number;
  /** Why a worker of it last failed, or null. */
  readonly lastError: string | null;
  /** null where autoscaling is off. */
  readonly autoscale: AutoscaleSnapshot | null;
  /** null: not known yet. */
  readonly openai: OpenAiDeclaration | null;
}
