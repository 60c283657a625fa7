import { compile } from './compile.js';
import type { Config } from './config.js';
import { given, type Surroundings } from './given.js';

/**
 * Reads flags, environment and files into a Config in one go.
 * @throws StartupError with the sentence to print.
 */
export function loadConfig(surroundings: Surroundings): Config {
  return compile(given(surroundings), surroundings.environment);
}
