import type { Config } from '../../../config/config.js';
import { defaultPlan, type LoggingPlan } from '../plan.js';

/**
 * The plan that a configuration asks for. What reads files of it (XML, YAML) is loaded only where there is one: it would
 * take a noticeable part of every start.
 * @throws StartupError where the file cannot be read or says what it must not.
 */
export async function chosenPlan(
  config: Pick<Config, 'logConfig' | 'logLocation' | 'metricsLocation' | 'workingFolder'>,
): Promise<LoggingPlan> {
  if (config.logConfig === null) return defaultPlan(config);
  const { readLoggingPlan } = await import('./read-plan.js');
  return readLoggingPlan(config);
}
