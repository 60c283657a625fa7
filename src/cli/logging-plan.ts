import type { Config } from '../config/config.js';
import { defaultPlan, type LoggingPlan } from '../observability/logging/plan.js';

/** How this server's logs are written. */
export async function loggingPlan(config: Config): Promise<LoggingPlan> {
  return defaultPlan(config);
}
