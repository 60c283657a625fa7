import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { modelConfigKeys } from '../../src/archive/model-config.js';
import { camelCase, type Key } from '../../src/config/key.js';
import { type KeyName, keyNames, keyTable } from '../../src/config/table.js';
import { DocumentSection } from '../support/document-section.js';
import { type Evidence, evidenceOf, evidenceTable, tableRows, testTexts } from '../support/evidence.js';
import { projectRoot } from '../support/release.js';

/** The flags of TorchServe 0.12.0's commands, and ours. */
const torchserveFlags = [
  ...['-h', '--help', '-v', '--version', '--start', '--stop', '--foreground', '--ts-config', '--model-store'],
  ...['--workflow-store', '--models', '--log-config', '--cpp-log-config', '--ncs', '--no-config-snapshots', '--ppath'],
  ...['--plugins-path', '--dt', '--disable-token-auth', '--enable-model-api', '--check', '--python'],
];
const modelArchiverFlags = [
  ...['-h', '--help', '--model-name', '--handler', '-v', '--version', '--serialized-file', '--model-file'],
  ...['--extra-files', '--runtime', '--export-path', '--archive-format', '-f', '--force', '-r', '--requirements-file'],
  ...['-c', '--config-file'],
];
const workflowArchiverFlags = [
  ...['-h', '--help', '--workflow-name', '--spec-file', '--handler', '--extra-files', '--export-path', '-f', '--force'],
];
/** Entries of TorchServe's model-config.yaml that the server reads. */
const frontendKeys = [
  ...['minWorkers', 'maxWorkers', 'batchSize', 'maxBatchDelay', 'responseTimeout', 'startupTimeout', 'deviceType'],
  ...['deviceIds', 'parallelType', 'parallelLevel', 'torchrun', 'maxRetryTimeoutInSec', 'clientTimeoutInMills'],
  ...['jobQueueSize', 'useJobTicket', 'sequenceBatching', 'sequenceMaxIdleMSec', 'sequenceTimeoutMSec'],
  ...['maxSequenceJobQueueSize', 'maxNumSequence', 'continuousBatching', 'asyncCommunication', 'useVenv'],
] as const satisfies (keyof typeof modelConfigKeys)[];
/** Entries that handlers read. */
const backendKeys = ['handler', 'pt2', 'micro_batching', 'pippy', 'deepspeed', 'dali'];

const texts = testTexts();
const some = (keep: (path: string) => boolean) => new Map([...texts].filter(([path]) => keep(path)));

/** Tests of how words are read show only that they are read. */
const readers =
  /^test\/unit\/(config\/(table|reference|load-config|properties)|archive\/model-config|compatibility)\.test/;
const effects = some((path) => !readers.test(path));
const reading = some((path) => readers.test(path) && !/table|compatibility/.test(path));

/** Tests of what it does; where there is none, of how it is read. */
function shown(names: readonly string[], shows: Parameters<typeof evidenceOf>[2]): Evidence[] {
  const read = evidenceOf(names, reading, shows);
  return evidenceOf(names, effects, shows).map((row, index) =>
    row.tests.length > 0 ? row : (read[index] as Evidence),
  );
}

function isFlagIn(name: string, text: string): boolean {
  return new RegExp(`(?<![\\w-])${name}(?![\\w-])`).test(text);
}

/** A line of config.properties, a `TS_` variable, or an entry of a Config that a unit test makes. */
function isKeyIn(name: string, text: string): boolean {
  const row: Key<unknown, string | null> = keyTable[name as KeyName];
  const variable = row.variable ?? `TS_${name.toUpperCase()}`;
  const line = `(?<![\\w.?&-])${name}=(?=\\S)`;
  const entry = name.includes('_') || name === 'keystore' ? `|(?<![\\w.])${camelCase(name)}: ` : '';
  return new RegExp(`${line}|\\b${variable}: ${entry}`).test(text);
}

/** A line of a yaml text, an entry of one that was read already, or the part of `ts` that is named after it. */
function isYamlIn(name: string, text: string): boolean {
  return new RegExp(
    `(?:['"\`]|\\\\n|^)${name}: |yaml: \\{[^}]*\\b${name}: |["']${name}["']: |ts\\.handler_utils\\.${name} import`,
    'm',
  ).test(text);
}

const tables = {
  '`torchserve`': evidenceOf(
    torchserveFlags,
    some(
      (path) => /cli|restart|config-keys|conformance|readme|quickstart|seven/.test(path) && !/archiver|page/.test(path),
    ),
    isFlagIn,
  ),
  '`torch-model-archiver`': evidenceOf(
    modelArchiverFlags,
    some((path) => /archiver/.test(path) && !/workflow/.test(path)),
    isFlagIn,
  ),
  '`torch-workflow-archiver`': evidenceOf(
    workflowArchiverFlags,
    some((path) => /archiver/.test(path)),
    isFlagIn,
  ),
  'config.properties': shown(
    keyNames.filter((name) => !(keyTable[name] as Key<unknown, string | null>).ours),
    (name, text, path) => path.startsWith('test/') && isKeyIn(name, text),
  ),
  'model-config.yaml': shown([...frontendKeys, ...backendKeys], isYamlIn),
} satisfies Record<string, Evidence[]>;

/** `WRITE_DOCS=1 npx vitest run test/unit/compatibility.test.ts` writes the tables anew. */
describe('docs/compatibility.md', () => {
  test.each(Object.entries(tables))('names, for all of %s, tests that show it', (heading, evidence) => {
    expect(evidence.filter(({ tests }) => tests.length === 0).map(({ name }) => name)).toEqual([]);
    const section = new DocumentSection(join(projectRoot, 'docs/compatibility.md'), heading);
    section.writeIfAsked(evidenceTable(heading.replaceAll('`', ''), evidence));
    const rows = tableRows(section.text);
    expect(rows.map(({ name }) => name)).toEqual(evidence.map(({ name }) => name));
    // A test that came later need not be named, even where a test of the reading still is; what is named has to show it.
    for (const [index, { name, tests }] of rows.entries()) {
      expect(tests, name).not.toEqual([]);
      expect(evidence[index]?.tests, name).toEqual(expect.arrayContaining(tests.filter((path) => !reading.has(path))));
    }
  });
});
