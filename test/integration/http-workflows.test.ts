import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { apiOf } from '../support/api.js';
import { packArchive, packWorkflow } from '../support/archive.js';
import { processesLeft } from '../support/processes.js';
import { projectRoot } from '../support/release.js';
import { ServerPlace } from '../support/server.js';

const fixtures = join(projectRoot, 'test/fixtures/workflows');

let place: ServerPlace;
let api: ReturnType<typeof apiOf>;
let store: string;
let folders = 0;

/** A folder through which nodes and this test meet. */
function meetingPlace(): string {
  const folder = join(place.folder, `meeting-${folders++}`);
  mkdirSync(folder);
  return folder;
}

const begun = (path: string) =>
  vi.waitFor(() => expect(existsSync(path)).toBe(true), { timeout: 30_000, interval: 20 });

const start = () => place.start({ snapshots: true, options: ['--workflow-store', 'workflow_store'] });

async function pack(name: string, spec: string): Promise<void> {
  const handler = join(fixtures, 'functions.py');
  await packWorkflow(store, { name, spec, handler, extraFiles: [join(fixtures, 'words.py')] });
}

const post = (workflow: string, request: unknown, init: RequestInit = {}) =>
  api.run(workflow, JSON.stringify(request), init);

const failed = (message: string) => ({ code: 500, type: 'InternalServerException', message });

const models = `models:
  max-workers: 1
  retry-attempts: 2
  timeout-ms: 60000
  m1:
    url: node.mar
    max-workers: 2
    batch-size: 4
    max-batch-delay: 3000
  m2:
    url: node.mar
  once:
    url: node.mar
    retry-attempts: 0
  hasty:
    url: node.mar
    timeout-ms: 300
    retry-attempts: 0
`;

beforeAll(async () => {
  place = await ServerPlace.make();
  api = apiOf(place);
  store = join(place.folder, 'workflow_store');
  mkdirSync(store);
  await packArchive(place.store, { name: 'node', version: '2.0', handler: join(fixtures, 'node.py') });
  await pack('sequence', `${models}dag:\n  pre: [m2]\n  m2: [tell]\n`);
  await pack('parallel', `${models}dag:\n  pre: [m2, once]\n  m2: [join]\n  once: [join]\n`);
  await pack('leaves', `${models}dag:\n  pre: [m2, tell]\n`);
  await pack('batches', `${models}dag:\n  m1: []\n`);
  await pack('hasty', `${models}dag:\n  hasty: []\n`);
  await pack('shapeless', `${models}dag:\n  no_list: []\n`);
  await pack('missing', `${models}dag:\n  pre: [m2]\n  m2: [no_such_function]\n`);
  await pack('no_model', 'models:\n  m:\n    url: nosuch.mar\ndag:\n  pre: [m]\n');
  await pack('cycle', `${models}dag:\n  pre: [m1]\n  m1: [m2]\n  m2: [m1]\n`);
  await start();
  for (const name of ['sequence', 'parallel', 'leaves', 'batches', 'hasty', 'shapeless']) {
    expect(await api.registerWorkflow(`url=${name}.war`), place.log()).toMatchObject({
      status: 200,
      json: { status: `Workflow ${name} has been registered and scaled successfully.` },
    });
  }
});
afterAll(() => place?.close());

describe('a request', () => {
  test('goes through functions and models; every node sees its headers, and bytes', async () => {
    const answer = await post('sequence', { value: 7 }, { headers: { 'x-mark': 'm' } });
    expect(answer).toMatchObject({ status: 200, json: { keys: ['body'], 'x-mark': 'm', manifest: null } });
    const both = await post('leaves', { value: 7 });
    expect(both).toMatchObject({
      status: 200,
      json: { m2: { node: 'm2', batch: 1, value: 7 }, tell: { keys: ['body'] } },
    });
  });

  test('runs branches at the same time, and joins them by name', async () => {
    const folder = meetingPlace();
    const meets = (other: string) => ({ do: 'meet', other });
    // Each of the two waits until the other one runs.
    const answer = await post('parallel', { folder, value: [1.5], m2: meets('once'), once: meets('m2') });
    expect(answer).toMatchObject({
      status: 200,
      json: {
        parents: {
          m2: { node: 'm2', batch: 1, value: [1.5] },
          once: { node: 'once', batch: 1, value: [1.5] },
        },
        kinds: ['bytearray'],
        greeting: 'hello',
        name: 'parallel__join',
      },
    });
  });

  test('shares batches of a node with others', async () => {
    const answers = await Promise.all([1, 2, 3, 4].map((value) => post('batches', { value })));
    expect(answers.map(({ json }) => json)).toEqual([1, 2, 3, 4].map((value) => ({ node: 'm1', batch: 4, value })));
  });

  test('has its answer for application/json, whatever the last node said', async () => {
    const response = await fetch(`${place.inference}/WfPredict/hasty`, {
      method: 'POST',
      body: '{"hasty": {"do": "text"}}',
    });
    expect([response.headers.get('content-type'), await response.text()]).toEqual(['application/json', 'no JSON']);
  });

  test('to no workflow', async () => {
    expect((await api.run('nosuch', '')).json).toEqual({
      code: 404,
      type: 'WorkflowNotFoundException',
      message: 'Workflow not found: nosuch',
    });
  });
});

describe('nodes', () => {
  test('are models with the workers and batches of the specification, and yaml and functions of their own', async () => {
    expect(await api.describe('batches__m1')).toMatchObject({
      modelVersion: '2.0',
      modelUrl: 'node.mar',
      minWorkers: 2,
      maxWorkers: 2,
      batchSize: 4,
      maxBatchDelay: 3000,
    });
    expect(await api.describe('sequence__m2')).toMatchObject({ maxWorkers: 1, batchSize: 1, maxBatchDelay: 50 });
    const described = await api.describe('sequence__tell');
    expect(described).toMatchObject({
      modelVersion: '1.0',
      minWorkers: 1,
      maxWorkers: 1,
      batchSize: 1,
      maxBatchDelay: 0,
    });
    expect(described).not.toHaveProperty('modelUrl');
    const listed = (await api.list()).json.models.map(({ modelName }: { modelName: string }) => modelName);
    expect(listed).toContain('sequence__m2');
    expect(listed).not.toContain('sequence__tell');
  });

  test('count as no requests of clients', async () => {
    const metrics = await (await fetch(`${place.metrics}/metrics`)).text();
    expect(metrics).not.toMatch(/ts_inference_requests_total\{.*sequence__/);
  });
});

describe('a node that', () => {
  test.each(['raise', 'status', 'short', 'exit'])('does "%s" fails the request by its name', async (what) => {
    expect((await post('sequence', { m2: { do: what } })).json).toEqual(failed('Error executing m2'));
    expect((await post('sequence', { value: 1 })).status).toBe(200);
  });

  test('returns no list', async () => {
    expect((await api.run('shapeless', '')).json).toEqual(failed('Error executing no_list'));
  });

  test('gives no JSON object where several nodes are the last', async () => {
    const { json } = await post('leaves', { m2: { do: 'text' } });
    expect(json).toEqual(
      failed('Error executing m2: its result has to be a JSON object, since the workflow ends in 2 nodes'),
    );
  });

  test('gives more than is held', async () => {
    const { json } = await post('sequence', { m2: { do: 'large', bytes: 6_553_501 } });
    expect(json).toEqual(failed('Error executing m2'));
    expect((await post('sequence', { m2: { do: 'large', bytes: 6_553_500 } })).status).toBe(200);
  });

  test('fails twice and then not is called three times', async () => {
    const folder = meetingPlace();
    const times = (times: number) => ({ folder, m2: { do: 'fail times', times } });
    expect((await post('sequence', times(2))).status).toBe(200);
    expect(readFileSync(join(folder, 'm2.calls'), 'utf8')).toBe('...');
    expect((await post('sequence', times(6))).json).toEqual(failed('Error executing m2'));
    expect(readFileSync(join(folder, 'm2.calls'), 'utf8')).toBe('......');
  });

  test('does not answer in time is told so', async () => {
    const folder = meetingPlace();
    const order = { folder, hasty: { do: 'wait for cancel' } };
    // On a busy machine its time may pass before it has begun.
    do expect((await post('hasty', order)).json).toEqual(failed('Error executing hasty'));
    while (!existsSync(join(folder, 'hasty.begun')));
    await begun(join(folder, 'hasty.cancelled'));
    const line = /Node hasty of workflow hasty failed: it did not answer within 300 ms \(timeout-ms\)/;
    await vi.waitFor(() => expect(place.log()).toMatch(line), { timeout: 10_000 });
  });

  test('fails ends the other branches', async () => {
    const folder = meetingPlace();
    const answer = await post('parallel', { folder, m2: { do: 'wait for cancel' }, once: { do: 'raise' } });
    expect(answer.json).toEqual(failed('Error executing once'));
    // Where its batch had begun it hears of it, and where it had not it never does.
    if (existsSync(join(folder, 'm2.begun'))) await begun(join(folder, 'm2.cancelled'));
    expect((await api.describe('parallel__m2')).jobQueueStatus.pendingRequests).toBe(0);
  });

  test('has no worker', async () => {
    await api.scale('leaves__m2', 'min_worker=0&max_worker=0&synchronous=true');
    expect((await post('leaves', {})).json).toEqual(
      failed(expect.stringMatching(/^Model "leaves__m2" has no worker to serve inference request\./) as never),
    );
    await api.scale('leaves__m2', 'min_worker=1&max_worker=1&synchronous=true');
    expect((await post('leaves', {})).status).toBe(200);
  });

  test('runs for a client that leaves is told so', async () => {
    const folder = meetingPlace();
    const client = new AbortController();
    const answer = post('sequence', { folder, m2: { do: 'wait for cancel' } }, { signal: client.signal });
    answer.catch(() => {});
    await begun(join(folder, 'm2.begun'));
    client.abort();
    await begun(join(folder, 'm2.cancelled'));
  });
});

test('requests that failed are not held in memory', async () => {
  const megabyte = 'x'.repeat(2 ** 20);
  const round = async (requests: number) => {
    for (let sent = 0; sent < requests; sent += 3) {
      await Promise.all([1, 2, 3].map(() => post('parallel', { once: { do: 'raise' }, value: megabyte })));
    }
  };
  await round(30);
  const before = place.residentBytes;
  // Held, these would be 270 MB: the request, and its copies on the way to two nodes.
  await round(90);
  expect(place.residentBytes - before).toBeLessThan(100 * 2 ** 20);
});

describe('a workflow that cannot be registered', () => {
  test.each([
    [
      'missing',
      500,
      'WorkflowException',
      'Workflow missing has failed to register. Failures: [Failed to start workers for model missing__no_such_function version: 1.0]',
    ],
    [
      'no_model',
      500,
      'WorkflowException',
      'Workflow no_model has failed to register. Failures: [Workflow Node no_model__m failed to register. Details: Model not found at: nosuch.mar]',
    ],
    ['cycle', 400, 'InvalidDAGException', 'Not a valid DAG'],
    ['sequence', 409, 'ConflictStatusException', 'Workflow sequence is already registered.'],
  ])('%s: no node stays', async (name, status, type, message) => {
    const listed = (await api.list()).json;
    expect(await api.registerWorkflow(`url=${name}.war`)).toMatchObject({
      status,
      json: { code: status, type, message },
    });
    expect((await api.list()).json).toEqual(listed);
    expect((await api.describe(`${name}__pre`)) === undefined).toBe(name !== 'sequence');
  });
});

test('unregistering lets a request in flight be answered, and takes nothing new', async () => {
  expect((await api.registerWorkflow('url=sequence.war&workflow_name=leaving')).status).toBe(200);
  const folder = meetingPlace();
  const answer = post('leaving', { folder, value: 1, m2: { do: 'wait', until: 'go' } });
  await begun(join(folder, 'm2.begun'));
  const gone = api.unregisterWorkflow('leaving');
  await vi.waitFor(async () => expect((await api.workflow('leaving')).status).toBe(404), { timeout: 10_000 });
  expect((await post('leaving', {})).status).toBe(404);
  expect((await api.registerWorkflow('url=sequence.war&workflow_name=leaving')).status).toBe(409);
  mkdirSync(join(folder, 'go'));
  expect(await answer).toMatchObject({ status: 200, json: { keys: ['body'] } });
  expect(await gone).toMatchObject({ status: 200, json: { status: 'Workflow "leaving" unregistered' } });
  expect(await api.describe('leaving__m2')).toBeUndefined();
});

test('a restart brings workflows back, also after the server was killed', async () => {
  await api.unregisterWorkflow('shapeless');
  await api.scale('batches__m1', 'min_worker=1&max_worker=3');
  const before = await fetch(`${place.management}/workflows`).then((response) => response.json());
  const described = (await api.workflow('parallel')).json;
  process.kill(place.pid, 'SIGKILL');
  expect(await processesLeft(place.folder, 10_000)).toEqual([]);
  await start();
  expect(await fetch(`${place.management}/workflows`).then((response) => response.json())).toEqual(before);
  expect((await api.workflow('parallel')).json).toEqual(described);
  expect(await api.describe('batches__m1')).toMatchObject({ minWorkers: 1, maxWorkers: 3, batchSize: 4 });
  // Workers start in the background; a request waits for them.
  expect((await post('sequence', { value: 1 })).json).toMatchObject({ keys: ['body'] });
});
