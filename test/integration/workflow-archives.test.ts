import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiOf } from '../support/api.js';
import { packArchive } from '../support/archive.js';
import { manifest as modelManifest, writeTar, writeZip } from '../support/model-archive.js';
import { processesLeft } from '../support/processes.js';
import type { RawEntry } from '../support/raw-zip.js';
import { projectRoot } from '../support/release.js';
import { ServerPlace } from '../support/server.js';

const fixtures = join(projectRoot, 'test/fixtures/workflows');
const megabyte = 2 ** 20;

let place: ServerPlace;
let api: ReturnType<typeof apiOf>;
let store: string;
let web: Server;
let asked: string[] = [];

const address = () => `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
const start = () =>
  place.start({
    snapshots: true,
    options: ['--workflow-store', 'workflow_store'],
    config: [
      'default_workers_per_model=1',
      'disable_token_authorization=true',
      'enable_model_api=true',
      'max_archive_size=20000000',
      'max_archive_entries=50',
    ],
  });
/** What is unpacked, by the random names of the folders. */
const unpacked = () =>
  readdirSync(join(place.folder, 'tmp'), { recursive: true, encoding: 'utf8' })
    .filter((path) => /^[^/]+\/models\/[^/]+$/.test(path))
    .sort();

const manifest = (workflow: object = {}, rest: object = {}) =>
  JSON.stringify({
    createdOn: '01/01/2026 00:00:00',
    archiverVersion: '0.2.15',
    workflow: { workflowName: 'w', specFile: 'spec.yaml', handler: 'functions.py', ...workflow },
    ...rest,
  });
const entries = (change: Readonly<Record<string, string | null>> = {}): RawEntry[] =>
  Object.entries({
    'WAR-INF/MANIFEST.json': manifest(),
    'spec.yaml': 'models:\n  m:\n    url: node.mar\ndag:\n  pre: [m]\n',
    'functions.py': 'def pre(data, context):\n    return data and [data[0]["body"]]\n',
    ...change,
  }).flatMap(([name, data]) => (data === null ? [] : [{ name, data }]));

beforeAll(async () => {
  web = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end(readFileSync(join(place.folder, 'web', request.url ?? '')));
  });
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  place = await ServerPlace.make();
  api = apiOf(place);
  store = join(place.folder, 'workflow_store');
  for (const folder of [store, join(place.folder, 'web')]) mkdirSync(folder);
  await packArchive(place.store, { name: 'node', handler: join(fixtures, 'node.py') });
  await start();
  writeZip(join(store, 'fine.war'), entries());
  expect(await api.registerWorkflow('url=fine.war&workflow_name=fine')).toMatchObject({ status: 200 });
});
afterAll(async () => {
  web?.close();
  await place?.close();
});

describe('a hostile archive of a workflow', () => {
  const bomb = Buffer.alloc(40 * megabyte);
  const cases: [string, RawEntry[], RegExp][] = [
    ['climbs', [...entries(), { name: '../evil.py', data: 'x' }], /Detected Zip Slip vulnerability: \.\.\/evil\.py/],
    ['names the root', [...entries(), { name: '/tmp/evil.py', data: 'x' }], /Detected Zip Slip vulnerability/],
    ['holds a link', [...entries(), { name: 'odd', data: '/etc/passwd', mode: 0o120777 }], /odd is a link or a device/],
    [
      'goes through a link of its own',
      [...entries(), { name: 'out', data: '/tmp', mode: 0o120777 }, { name: 'out/evil.py', data: 'x' }],
      /is a link or a device/,
    ],
    ['is a bomb', [...entries(), { name: 'zeros', data: bomb }], /it holds more than 19\.1 MiB unpacked/],
    [
      'holds more than it claims',
      [...entries(), { name: 'zeros', data: bomb, claimedSize: 1000 }],
      /^Failed to save workflow: hostile\.war: /,
    ],
    [
      'has entries without end',
      [...entries(), ...Array.from({ length: 60 }, (_, index) => ({ name: `f${index}`, data: 'x' }))],
      /it has more than 50 entries/,
    ],
  ];

  it.each(cases)('that %s is refused, and leaves nothing', async (_name, content, message) => {
    writeZip(join(store, 'hostile.war'), content);
    await expectRefused('hostile.war', 'InvalidWorkflowException', message);
    expect(existsSync('/tmp/evil.py')).toBe(false);
  });

  it('of the other form is refused as well', async () => {
    const plain = entries().map(({ name, data }) => ({ path: `w/${name}`, data: String(data) }));
    writeTar(join(store, 'tar.war'), [...plain, { path: 'w/odd', type: 'SymbolicLink', linkpath: '/etc/passwd' }]);
    await expectRefused('tar.war', 'InvalidWorkflowException', /is a link or a device/);
  });

  const broken: [string, Record<string, string | null>, RegExp][] = [
    ['no manifest', { 'WAR-INF/MANIFEST.json': null }, /^The workflow archive has no WAR-INF\/MANIFEST\.json\.$/],
    ["a model's", { 'WAR-INF/MANIFEST.json': modelManifest({ modelName: 'm' }) }, /^Missing Workflow entry/],
    ['half a manifest', { 'WAR-INF/MANIFEST.json': '{"workflow": ' }, /^Failed to parse WAR-INF\/MANIFEST\.json\.$/],
    ['an endless manifest', { 'WAR-INF/MANIFEST.json': ' '.repeat(15 * megabyte) }, /^Failed to parse WAR-INF/],
    ['no specification', { 'spec.yaml': null }, /spec\.yaml/],
    [
      'a specification from elsewhere',
      { 'WAR-INF/MANIFEST.json': manifest({ specFile: '../../../../etc/passwd' }) },
      /passwd/,
    ],
    ['no mapping for one', { 'spec.yaml': '- a' }, /^Invalid workflow specification spec\.yaml: /],
  ];

  it.each(broken)('with %s is refused, and leaves nothing', async (_name, change, message) => {
    writeZip(join(store, 'broken.war'), entries(change));
    await expectRefused('broken.war', 'InvalidWorkflowException', message);
  });

  it('cannot name a handler outside of it', async () => {
    const outside = join(place.folder, 'outside.py');
    writeFileSync(outside, entries().find(({ name }) => name === 'functions.py')?.data ?? '');
    const change = { 'functions.py': null, 'WAR-INF/MANIFEST.json': manifest({ handler: outside }) };
    writeZip(join(store, 'outside.war'), entries(change));
    await expectRefused('outside.war', 'WorkflowException', /^Workflow w has failed to register\. /);
  });

  /** As TorchServe answers all of them: 500. */
  async function expectRefused(url: string, type: string, message: RegExp): Promise<void> {
    const before = unpacked();
    expect(await api.registerWorkflow(`url=${url}`)).toMatchObject({
      status: 500,
      json: { code: 500, type, message: expect.stringMatching(message) },
    });
    expect(before).not.toEqual([]);
    expect(unpacked()).toEqual(before);
    expect((await api.run('fine', '{"value": 1}')).json).toMatchObject({ value: 1 });
  }
});

describe('a workflow that was fetched', () => {
  it('is there again after the server was killed, without being fetched again', async () => {
    const spec = `models:\n  m:\n    url: ${address()}/far.mar\ndag:\n  pre: [m]\n`;
    writeZip(join(place.folder, 'web/fetched.war'), entries({ 'spec.yaml': spec }));
    await packArchive(join(place.folder, 'web'), { name: 'far', handler: join(fixtures, 'node.py') });
    expect(await api.registerWorkflow(`url=${address()}/fetched.war`)).toMatchObject({ status: 200 });
    expect(asked).toEqual(['/fetched.war', '/far.mar']);
    expect((await api.run('w', '{"value": 2}')).json).toMatchObject({ value: 2 });
    const described = (await api.workflow('w')).json;

    process.kill(place.pid, 'SIGKILL');
    expect(await processesLeft(place.folder, 10_000)).toEqual([]);
    asked = [];
    await start();
    expect(asked).toEqual([]);
    expect((await api.workflow('w')).json).toEqual(described);
    expect((await api.run('w', '{"value": 3}')).json).toMatchObject({ value: 3 });

    expect((await api.unregisterWorkflow('w')).status).toBe(200);
    expect(existsSync(join(store, 'fetched.war'))).toBe(false);
    expect(existsSync(join(place.store, 'far.mar'))).toBe(false);
  });
});
