import { realpathSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StartupError } from '../errors/startup-error.js';
import { type Address, isLoopbackHost, sameAddress } from './address.js';
import type { Config } from './config.js';
import { type Given, type GivenValue, sourceText } from './given.js';
import { camelCase, type Key } from './key.js';
import { NO_REASON, path } from './kinds.js';
import { type KeyName, type KeyValues, keyNames, keyTable } from './table.js';

/**
 * Reads every value, fills in defaults, derives the rest and freezes the whole.
 * @throws StartupError naming each value that cannot be read, with its place and what it takes; or a folder that is missing.
 */
export function compile(given: Given, environment: NodeJS.ProcessEnv = process.env): Config {
  const warnings = [...given.warnings];
  const values = keyValues(given, (message) => warnings.push(message));
  const modelStore = folder('--model-store', values.modelStore, given);
  if (modelStore === null) {
    throw new StartupError('Missing mandatory parameter --model-store');
  }
  const metricsAddress = values.enableMetricsApi ? values.metricsAddress : null;
  const loopbackOnly = everyListenerIsLocal(values);
  refuseContradictions(values, metricsAddress);
  return Object.freeze({
    ...values,
    modelStore,
    workflowStore: folder('--workflow-store', values.workflowStore, given) ?? modelStore,
    metricsAddress,
    tokenAuthorization: !(values.disableTokenAuthorization ?? loopbackOnly),
    modelApi: values.enableModelApi ?? loopbackOnly,
    loopbackOnly,
    logConfig: values.logConfig ?? log4jFile(values.vmargs, given.workingFolder),
    snapshots: given.snapshots,
    logLocation: given.logLocation,
    metricsLocation: given.metricsLocation,
    snapshotLocation: given.snapshotLocation,
    workingFolder: given.workingFolder,
    temporaryFolder: temporaryFolder(environment),
    telemetryLog: environment['SM_TELEMETRY_LOG'] !== undefined,
    configFile: given.configFile,
    warnings: Object.freeze([...warnings, ...cautions(given, values, loopbackOnly)]),
    given,
  });
}

function keyValues(given: Given, warn: (message: string) => void): KeyValues {
  const values: Record<string, unknown> = {};
  const refusals: string[] = [];
  for (const name of keyNames) {
    const row: Key<unknown, string | null> = keyTable[name];
    const said = given.values[name];
    const text = said === undefined || isEmptyOptional(row, said) ? row.default : said.text;
    const parsed = text === null ? null : row.type.safeParse(text);
    if (parsed === null || text === null) {
      values[camelCase(name)] = null;
    } else if (parsed.success) {
      values[camelCase(name)] =
        row.type === path ? resolve(given.workingFolder, parsed.data as string) : freeze(parsed.data);
    } else {
      const sentence = refusal(name, row, text, said, parsed.error.issues[0]?.message ?? NO_REASON);
      if (said?.source.kind === 'snapshot') {
        warn(`Left aside: ${sentence}`);
        values[camelCase(name)] = row.default === null ? null : row.type.parse(row.default);
      } else {
        refusals.push(sentence);
      }
    }
  }
  if (refusals.length > 0) {
    throw new StartupError(`Invalid configuration: ${refusals.join('\n')}`);
  }
  return values as KeyValues;
}

/** `key=` with nothing behind it says nothing, where a key may be unset. */
function isEmptyOptional(row: Key<unknown, string | null>, said: GivenValue): boolean {
  return row.default === null && said.text.trim() === '';
}

function refusal(
  name: KeyName,
  row: Key<unknown, string | null>,
  text: string,
  said: GivenValue | undefined,
  why: string,
) {
  const place = said === undefined ? 'default' : sourceText(said.source);
  const shown = row.secret ? 'what stands there' : JSON.stringify(text);
  return `${place}: ${name} takes ${row.type.description ?? 'another value'}, not ${shown}${why === NO_REASON ? '' : ` (${why})`}.`;
}

function freeze<T>(value: T): T {
  return Array.isArray(value) ? Object.freeze(value) : value;
}

function folder(flag: string, value: string | null, given: Given): string | null {
  if (value === null) {
    return null;
  }
  if (!(statSync(value, { throwIfNoEntry: false })?.isDirectory() ?? false)) {
    const name = flag === '--model-store' ? 'model_store' : 'workflow_store';
    throw new StartupError(`${flag} directory not found: ${given.values[name]?.text ?? value}`);
  }
  return realpathSync(value);
}

function everyListenerIsLocal(values: KeyValues): boolean {
  const addresses: Address[] = [values.inferenceAddress, values.managementAddress];
  if (values.enableMetricsApi) {
    addresses.push(values.metricsAddress);
  }
  return (
    addresses.every((address) => address.scheme === 'unix' || isLoopbackHost(address.host)) &&
    isLoopbackHost(values.grpcInferenceAddress) &&
    isLoopbackHost(values.grpcManagementAddress)
  );
}

/** Values that are fine each by itself and cannot hold together. */
function refuseContradictions(values: KeyValues, metricsAddress: Address | null): void {
  const addresses = [values.inferenceAddress, values.managementAddress, ...(metricsAddress ? [metricsAddress] : [])];
  if (!values.useNativeIo && addresses.some((address) => address.scheme === 'unix')) {
    throw new StartupError('Invalid configuration: unix domain socket requires use_native_io set to true.');
  }
  for (const other of [values.inferenceAddress, values.managementAddress]) {
    if (metricsAddress !== null && sameAddress(metricsAddress, other)) {
      throw new StartupError(
        `Invalid configuration: metrics_address ${metricsAddress.text} belongs to another API already; give it a port of its own, or enable_metrics_api=false.`,
      );
    }
  }
  if (values.enableGrpcSsl && (values.privateKeyFile === null || values.certificateFile === null)) {
    throw new StartupError('Invalid configuration: enable_grpc_ssl needs private_key_file and certificate_file.');
  }
}

/** What the operator should know of a configuration that holds. */
function cautions(given: Given, values: KeyValues, loopbackOnly: boolean): string[] {
  const idle = keyNames.filter((name) => keyTable[name].group === 'Accepted without meaning' && name in given.values);
  const sentences: string[] = [];
  if (idle.length > 0) {
    sentences.push(`Keys that mean nothing to this server, and are left alone: ${idle.join(', ')}.`);
  }
  const { cpuLauncherEnable, cpuLauncherArgs } = values;
  if (cpuLauncherEnable && cpuLauncherArgs.ignored.length > 0) {
    sentences.push(`Words of cpu_launcher_args that are ignored: ${cpuLauncherArgs.ignored.join(' ')}.`);
  }
  if (!cpuLauncherEnable && given.values.cpu_launcher_args !== undefined) {
    sentences.push('cpu_launcher_args has no effect: cpu_launcher_enable is not true.');
  }
  if (given.values.allowed_urls === undefined) {
    sentences.push('Models may be loaded from any url: allowed_urls is not set.');
  }
  if (!loopbackOnly && values.disableTokenAuthorization === true) {
    const place = given.values.disable_token_authorization;
    sentences.push(
      `Listeners can be reached from other machines and no tokens are asked for (${place ? sourceText(place.source) : 'default'}).`,
    );
  }
  return sentences;
}

/** The file that `-Dlog4j.configurationFile=` of `vmargs` names, or null. */
function log4jFile(vmargs: string | null, workingFolder: string): string | null {
  const named = /(?:^|\s)-Dlog4j2?\.configurationFile=(\S+)/.exec(vmargs ?? '')?.[1];
  if (named === undefined) {
    return null;
  }
  return named.startsWith('file:///') ? fileURLToPath(named) : resolve(workingFolder, named.replace(/^file:/, ''));
}

function temporaryFolder(environment: NodeJS.ProcessEnv): string {
  const named = environment['TEMP'];
  if (named === undefined || named === '') {
    return tmpdir();
  }
  if (!(statSync(named, { throwIfNoEntry: false })?.isDirectory() ?? false)) {
    throw new StartupError(`Invalid temp directory: ${named}, please check TEMP environment variable.`);
  }
  return resolve(named);
}
