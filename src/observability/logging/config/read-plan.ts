import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import type { Config } from '../../../config/config.js';
import { StartupError } from '../../../errors/startup-error.js';
import { defaultPlan, type LoggingPlan } from '../plan.js';
import { type Element, elementsOfObject, elementsOfProperties, elementsOfXml, objectOfYaml } from './element.js';
import { Log4jPlan, type PlanPlace } from './log4j-plan.js';
import { nativePlan } from './native-plan.js';

type Folders = Pick<Config, 'logConfig' | 'logLocation' | 'metricsLocation' | 'workingFolder'>;

/**
 * How logs are to be written: as `--log-config` says, else as TorchServe does.
 * @throws StartupError where the file cannot be read or says what it must not.
 */
export function readLoggingPlan(config: Folders, environment: NodeJS.ProcessEnv = process.env): LoggingPlan {
  const file = config.logConfig;
  if (file === null) {
    return defaultPlan(config);
  }
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new StartupError(
      missing
        ? `--log-config file not found: ${file}`
        : `Cannot read the log configuration: ${(error as Error).message}`,
    );
  }
  try {
    return planOf(bytes, file, config, { workingFolder: config.workingFolder, environment });
  } catch (error) {
    throw new StartupError(`The log configuration ${file} cannot be used: ${(error as Error).message}`);
  }
}

function planOf(bytes: Buffer, file: string, folders: Folders, place: PlanPlace): LoggingPlan {
  const text = bytes.toString('utf8');
  const ending = extname(file).toLowerCase();
  if (ending === '.xml' || text.trimStart().startsWith('<')) {
    return log4jPlan(elementsOfXml(text), place);
  }
  if (['.json', '.jsn', '.yaml', '.yml'].includes(ending) || text.trimStart().startsWith('{')) {
    const object = objectOfYaml(text);
    const isLog4j = Object.keys(object).some((key) => key.toLowerCase() === 'configuration');
    return isLog4j ? log4jPlan(elementsOfObject(object), place) : nativePlan(object, folders);
  }
  if (/^\s*log4j\./m.test(text)) {
    const ignored = [`${file} is in the form of log4j 1, which is not read: logs are written as if it were not there.`];
    return { ...defaultPlan(folders), ignored };
  }
  return log4jPlan(elementsOfProperties(bytes, file), place);
}

function log4jPlan(elements: readonly Element[], place: PlanPlace): LoggingPlan {
  const root = elements.find(({ name }) => name.toLowerCase() === 'configuration');
  if (root === undefined) {
    throw new Error('it has no <Configuration>');
  }
  return new Log4jPlan(root, place).plan();
}
