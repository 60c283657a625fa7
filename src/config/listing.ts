import type { Config } from './config.js';
import { type GivenValue, sourceText } from './given.js';
import type { Key } from './key.js';
import { items } from './kinds.js';
import { type KeyName, keyNames, keyTable } from './table.js';

/** One key as it stands, for people. */
export interface ListedKey {
  readonly name: KeyName;
  readonly text: string;
  /** Where it was said; `default` where it was not. */
  readonly source: string;
}

/** Every key's value and where it comes from; secrets are hidden. Keys that were not given come after those that were. */
export function listKeys(config: Config): ListedKey[] {
  const listed = keyNames.map((name): ListedKey => {
    const row: Key<unknown, string | null> = keyTable[name];
    const said: GivenValue | undefined = config.given.values[name];
    const text = said?.text ?? row.default ?? 'not set';
    return {
      name,
      text: row.secret ? '(hidden)' : text,
      source: said === undefined ? 'default' : sourceText(said.source),
    };
  });
  return [
    ...listed.filter(({ source }) => source !== 'default'),
    ...listed.filter(({ source }) => source === 'default'),
  ];
}

/** What only the running server knows of itself. */
export interface StartFacts {
  readonly version: string;
  readonly home: string;
  readonly gpus: number;
  readonly cpus: number;
  readonly python: string;
}

/** The block of the configuration that is logged once at start, in the labels and order that TorchServe's users know. */
export function configurationBlock(config: Config, facts: StartFacts): string {
  const orNone = (value: string | null) => value ?? 'N/A';
  const url = (address: Config['metricsAddress']) => orNone(address?.text ?? null);
  const rows: readonly (readonly [label: string, value: string | number | boolean])[] = [
    ['Torchserve version', facts.version],
    ['TS Home', facts.home],
    ['Current directory', config.workingFolder],
    ['Temp directory', config.temporaryFolder],
    ['Metrics config path', orNone(config.metricsConfig)],
    ['Number of GPUs', facts.gpus],
    ['Number of CPUs', facts.cpus],
    ['Python executable', facts.python],
    ['Config file', orNone(config.configFile)],
    ['Inference address', url(config.inferenceAddress)],
    ['Management address', url(config.managementAddress)],
    ['Metrics address', url(config.metricsAddress)],
    ['Model Store', config.modelStore],
    ['Initial Models', orNone(config.given.values.load_models?.text ?? null)],
    ['Log dir', config.logLocation],
    ['Metrics dir', config.metricsLocation],
    ['Default workers per model', config.defaultWorkersPerModel || 'one for each GPU or CPU'],
    ['Blacklist Regex', orNone(config.given.values.blacklist_env_vars?.text ?? null)],
    ['Maximum Response Size', config.maxResponseSize],
    ['Maximum Request Size', config.maxRequestSize],
    ['Limit Maximum Image Pixels', config.limitMaxImagePixels],
    ['Allowed Urls', `[${items(config.given.values.allowed_urls?.text ?? keyTable.allowed_urls.default).join(', ')}]`],
    ['Custom python dependency for model allowed', config.installPyDepPerModel],
    ['Enable metrics API', config.enableMetricsApi],
    ['Metrics mode', config.metricsMode.toUpperCase()],
    ['Disable system metrics', config.disableSystemMetrics],
    ['Workflow Store', config.workflowStore],
    ['Model config', orNone(config.given.values.models?.text ?? null)],
    ['System metrics command', config.systemMetricsCmd?.join(' ') || 'default'],
    ['Model API enabled', config.modelApi],
    ['Token authorization', config.tokenAuthorization],
  ];
  return ['', ...rows.map(([label, value]) => `${label}: ${value}`)].join('\n');
}

/** The keys that a snapshot keeps: what files said. Flags and variables are said anew at each start. */
export function snapshotProperties(config: Config): Map<KeyName, string> {
  const kept = new Map<KeyName, string>();
  for (const name of keyNames) {
    const said = config.given.values[name];
    if (
      said !== undefined &&
      (said.source.kind === 'file' || said.source.kind === 'snapshot') &&
      name !== 'model_snapshot'
    ) {
      const row: Key<unknown, string | null> = keyTable[name];
      if (!row.secret) {
        kept.set(name, said.text);
      }
    }
  }
  return kept;
}
