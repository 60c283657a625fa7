import type { Config } from './config.js';
import { scalingKeys } from './keys/scaling.js';
import { nearest } from './nearest.js';

/**
 * How one version's workers follow its load. The names are those of Ray Serve's autoscaling_config and of the behavior
 * of Kubernetes' horizontal pod autoscaler; docs/autoscaling.md has the measurements behind the defaults.
 */
export interface AutoscaleSettings {
  /** Milliseconds within which what waits should be with a worker, beyond the batch window. */
  readonly targetQueueWait: number;
  /** Batches that may wait for each worker. */
  readonly targetQueueDepth: number;
  /** Percent of the time that workers should be busy. */
  readonly targetUtilization: number;
  /** Seconds for which the load has to call for more workers before a step up; counted anew after each. */
  readonly upscaleDelay: number;
  /** Percent of the present workers that one step up adds at most; one worker always may. */
  readonly upscaleRate: number;
  /** Seconds for which the load has to call for fewer workers before a step down; counted anew after each. */
  readonly downscaleDelay: number;
  /** Percent of the present workers that one step down ends at most; one worker always may. */
  readonly downscaleRate: number;
  /** Seconds: workers go down only to the highest number that the load called for in this time. */
  readonly stabilizationWindow: number;
  /** Seconds without a request after which the workers of a version with minWorkers 0 go. */
  readonly idleTimeout: number;
}

/** What model-config.yaml says of autoscaling: whether, and what differs from the server's settings. */
export interface AutoscaleBlock {
  readonly enabled: boolean;
  readonly settings: Partial<AutoscaleSettings>;
}

/** Each setting under the name that model-config.yaml has for it, and the key that gives its default and what it takes. */
const rows = {
  targetQueueWait: scalingKeys.autoscale_target_queue_wait,
  targetQueueDepth: scalingKeys.autoscale_target_queue_depth,
  targetUtilization: scalingKeys.autoscale_target_utilization,
  upscaleDelay: scalingKeys.autoscale_upscale_delay,
  upscaleRate: scalingKeys.autoscale_upscale_rate,
  downscaleDelay: scalingKeys.autoscale_downscale_delay,
  downscaleRate: scalingKeys.autoscale_downscale_rate,
  stabilizationWindow: scalingKeys.autoscale_stabilization_window,
  idleTimeout: scalingKeys.autoscale_idle_timeout,
} as const satisfies Record<keyof AutoscaleSettings, unknown>;

/** What the `autoscale` entry of model-config.yaml takes. */
export const autoscaleBlockTakes = `true, false, or a mapping with enabled (true or false) and ${Object.keys(rows).join(', ')} (numbers)`;

/** The settings of config.properties. */
export function serverAutoscale(config: Config): AutoscaleSettings {
  return {
    targetQueueWait: config.autoscaleTargetQueueWait,
    targetQueueDepth: config.autoscaleTargetQueueDepth,
    targetUtilization: config.autoscaleTargetUtilization,
    upscaleDelay: config.autoscaleUpscaleDelay,
    upscaleRate: config.autoscaleUpscaleRate,
    downscaleDelay: config.autoscaleDownscaleDelay,
    downscaleRate: config.autoscaleDownscaleRate,
    stabilizationWindow: config.autoscaleStabilizationWindow,
    idleTimeout: config.autoscaleIdleTimeout,
  };
}

/**
 * Reads the `autoscale` entry of model-config.yaml; a block that does not say `enabled` switches autoscaling on.
 * @returns the block, or a sentence that says what is wrong with it.
 */
export function readAutoscaleBlock(value: unknown): AutoscaleBlock | string {
  if (typeof value === 'boolean') return { enabled: value, settings: {} };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return `Invalid autoscale: ${JSON.stringify(value)}, should be ${autoscaleBlockTakes}`;
  }
  const { enabled = true, ...given } = value as Record<string, unknown>;
  if (typeof enabled !== 'boolean') return invalid('enabled', enabled, 'true or false');
  const settings: Record<string, number> = {};
  for (const [name, said] of Object.entries(given)) {
    // A key without a value says nothing.
    if (said === null) continue;
    if (!Object.hasOwn(rows, name)) {
      const meant = nearest(name, Object.keys(rows));
      return `Unknown autoscale.${name}${meant === null ? `: should be one of enabled, ${Object.keys(rows).join(', ')}` : `; did you mean ${meant}?`}`;
    }
    const { type } = rows[name as keyof AutoscaleSettings];
    const read = typeof said === 'number' ? type.safeParse(String(said)) : null;
    if (!read?.success) return invalid(name, said, type.description ?? 'a number');
    settings[name] = read.data;
  }
  return { enabled, settings };
}

function invalid(name: string, value: unknown, takes: string): string {
  return `Invalid autoscale.${name}: ${JSON.stringify(value)}, should be ${takes}`;
}
