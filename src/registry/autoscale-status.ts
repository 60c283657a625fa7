import type { AutoscaleSettings } from '../config/autoscale.js';

/** What autoscaling last made of a version. */
export interface AutoscaleStatus {
  /** Workers that it wants. */
  readonly workersWanted: number;
  /** Half a sentence with the figures that made it want them. */
  readonly reason: string;
  /** When it last changed the number of workers; null: not yet. */
  readonly changedAt: Date | null;
  /** Why there are fewer than the load calls for; null where there are as many. */
  readonly bound: string | null;
}

/** The same with the settings that it goes by. */
export interface AutoscaleSnapshot extends AutoscaleStatus {
  readonly settings: AutoscaleSettings;
}
