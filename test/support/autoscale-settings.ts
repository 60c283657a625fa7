import type { AutoscaleSettings } from '../../src/config/autoscale.js';
import { scalingKeys } from '../../src/config/keys/scaling.js';

/** The defaults, but for what is given. */
export function autoscaleSettings(settings: Partial<AutoscaleSettings> = {}): AutoscaleSettings {
  return {
    targetQueueWait: Number(scalingKeys.autoscale_target_queue_wait.default),
    targetQueueDepth: Number(scalingKeys.autoscale_target_queue_depth.default),
    targetUtilization: Number(scalingKeys.autoscale_target_utilization.default),
    upscaleDelay: Number(scalingKeys.autoscale_upscale_delay.default),
    upscaleRate: Number(scalingKeys.autoscale_upscale_rate.default),
    downscaleDelay: Number(scalingKeys.autoscale_downscale_delay.default),
    downscaleRate: Number(scalingKeys.autoscale_downscale_rate.default),
    stabilizationWindow: Number(scalingKeys.autoscale_stabilization_window.default),
    idleTimeout: Number(scalingKeys.autoscale_idle_timeout.default),
    ...settings,
  };
}
