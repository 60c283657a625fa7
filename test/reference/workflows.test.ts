import { join } from 'node:path';
import { apiOf, type Reply } from '../support/api.js';
import { packArchive, packWorkflow } from '../support/archive.js';
import { projectRoot, type Release } from '../support/release.js';
import { expectSame } from '../support/same-answers.js';
import { ServerPlace } from '../support/server.js';

const fixtures = join(projectRoot, 'test/fixtures/workflows');

/** The graph of each workflow; the names that are no models are functions of test/fixtures/workflows/functions.py. */
const graphs = {
  sequence: 'pre: [m1]\n  m1: [tell]',
  parallel: 'pre: [m1, m2]\n  m1: [join]\n  m2: [join]',
  leaves: 'pre: [m1, m2]',
  self: 'pre: [pre]',
  twice: 'pre: [m1, m1]',
  pair: 'pre: [m1]\n  m1: [pre]',
  starts: 'pre: [m1]\n  m2: [m1]',
  cycle: 'pre: [m1]\n  m1: [m2]\n  m2: [tell]\n  tell: [m1]',
  missing: 'pre: [m1]\n  m1: [no_such_function]',
};

const models = `models:
  retry-attempts: 1
  timeout-ms: 20000
  m1:
    url: node.mar
    max-workers: 2
    batch-size: 2
  m2:
    url: node.mar
`;

type Call = (api: ReturnType<typeof apiOf>) => Promise<Reply | unknown>;

const register = (name: string): [string, Call] => [
  `register ${name}`,
  (api) => api.registerWorkflow(`url=${name}.war`),
];
const send = (workflow: string, request: unknown): [string, Call] => [
  `${workflow} ${JSON.stringify(request)}`,
  (api) => api.run(workflow, JSON.stringify(request), { headers: { 'x-mark': 'm' } }),
];
const described = async (version: Promise<Record<string, unknown>>) => {
  const { minWorkers, maxWorkers, batchSize, maxBatchDelay, modelVersion, modelUrl } = await version;
  return { minWorkers, maxWorkers, batchSize, maxBatchDelay, modelVersion, modelUrl };
};

/** In this order: each may stand on those before it. */
const calls: readonly [string, Call][] = [
  ...Object.keys(graphs).map(register),
  ['register sequence again', (api) => api.registerWorkflow('url=sequence.war')],
  register('nosuch'),
  register(''),
  register('../sequence'),
  ['the workflow', (api) => api.workflow('parallel')],
  ['no workflow', (api) => api.workflow('nosuch')],
  ['a model of it', (api) => described(api.describe('parallel__m1'))],
  ['a function of it', (api) => described(api.describe('parallel__join'))],
  send('sequence', { value: 1 }),
  send('parallel', { value: [1.5, 'é'] }),
  send('leaves', { value: 2 }),
  send('sequence', { m1: { do: 'raise' } }),
  send('sequence', { m1: { do: 'status' } }),
  send('parallel', { m2: { do: 'short' } }),
  send('nosuch', {}),
  ['unregister', (api) => api.unregisterWorkflow('leaves')],
  ['unregister again', (api) => api.unregisterWorkflow('leaves')],
];

async function answersOf(release: Release): Promise<Map<string, unknown>> {
  const place = await ServerPlace.make(release);
  const api = apiOf(place);
  const answers = new Map<string, unknown>();
  try {
    await packArchive(place.store, { name: 'node', version: '2.0', handler: join(fixtures, 'node.py') });
    for (const [name, graph] of Object.entries(graphs)) {
      const spec = `${models}dag:\n  ${graph}\n`;
      const parts = { name, spec, handler: join(fixtures, 'functions.py'), extraFiles: [join(fixtures, 'words.py')] };
      await packWorkflow(place.store, parts);
    }
    await place.start();
    for (const [name, call] of calls) answers.set(name, plain(await call(api)));
    return answers;
  } finally {
    await place.close();
  }
}

/** Status and JSON of an answer: the order of keys is nobody's promise. */
function plain(answer: unknown): unknown {
  const { status, json } = answer as Partial<Reply>;
  return status === undefined ? answer : { status, json };
}

expectSame(
  calls.map(([name]) => name),
  answersOf,
);
