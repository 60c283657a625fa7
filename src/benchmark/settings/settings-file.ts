import { existsSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { StartupError } from '../../errors/startup-error.js';
import type { GivenSettings } from './benchmark-settings.js';

/** Settings of one model, and what its cases are called. */
export interface NamedSettings extends GivenSettings {
  /** `<mode>_<model>` of a model file; null for a file of settings. */
  readonly name: string | null;
}

type Mapping = Record<string, unknown>;

/** Keys of a list of models that only upstream's nightly job needs. */
const jobKeys = ['ts_version', 'hardware', 'metrics_cmd', 'report_cmd', 'models'];

/**
 * Reads settings from a YAML or JSON file of one of TorchServe's three forms:
 *
 * - settings: `{url: …, concurrency: …}`, as for `benchmark-ab.py --config`
 * - models: `{<model>: {<mode>: {url: …, workers: […]}}}`, as in `models_config/`
 * - a list of such files: `{models: [bert_cpu.yaml, …]}`, as for `auto_benchmark.py --input`; a name is looked for beside
 *   the file and in `models_config/` beside it. What else such a file says is for upstream's nightly job and left alone.
 *
 * Paths of archives and inputs are relative to the working folder.
 * @throws StartupError where a file is missing or has none of these forms.
 */
export function readSettingsFile(file: string): NamedSettings[] {
  const content = readMapping(file);
  if (Array.isArray(content['models'])) {
    const unknown = Object.keys(content).find((key) => !jobKeys.includes(key));
    if (unknown)
      throw new StartupError(`${unknown} in ${file} is no key of a list of models: ${jobKeys.join(', ')} are.`);
    return content['models'].flatMap((name) => modelsOf(find(String(name), file)));
  }
  if (Object.values(content).some(isMapping)) return modelsOf(file);
  return [{ name: null, values: content, file }];
}

function modelsOf(file: string): NamedSettings[] {
  return Object.entries(readMapping(file)).flatMap(([model, modes]) => {
    if (!isMapping(modes))
      throw new StartupError(`${model} in ${file} must be a mapping of modes, such as eager_mode.`);
    return Object.entries(modes).map(([mode, values]) => {
      if (!isMapping(values))
        throw new StartupError(`${model}.${mode} in ${file} must be a mapping of settings, such as url.`);
      return { name: `${mode}_${model}`, values, file };
    });
  });
}

function find(name: string, list: string): string {
  const folder = dirname(list);
  const places = isAbsolute(name) ? [name] : [resolve(folder, name), join(folder, 'models_config', name)];
  const found = places.find(existsSync);
  if (!found) throw new StartupError(`${name} of ${list} was not found: it should be ${places.join(' or ')}.`);
  return found;
}

function readMapping(file: string): Mapping {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new StartupError(
      `${resolve(file)} cannot be read (${(error as NodeJS.ErrnoException).code}): name the file of settings.`,
    );
  }
  let content: unknown;
  try {
    content = parse(text);
  } catch (error) {
    throw new StartupError(
      `${file} is neither YAML nor JSON: ${error instanceof Error ? error.message.split('\n')[0] : error}.`,
    );
  }
  if (!isMapping(content)) throw new StartupError(`${file} must be a mapping of settings, such as "url: model.mar".`);
  return content;
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
