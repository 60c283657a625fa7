import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiOf } from '../support/api.js';
import { packArchive, packWorkflow } from '../support/archive.js';
import { collect, type GrpcClient, inferenceClient, metadataOf } from '../support/grpc.js';
import { OtlpReceiver, type ReceivedSpan } from '../support/otlp-receiver.js';
import { projectRoot } from '../support/release.js';
import { ServerPlace } from '../support/server.js';
import { beneath, caller, expectBatch } from '../support/traces.js';
import { sequenceHeaders as names } from '../support/version-settings.js';
import { WebSocketClient } from '../support/web-socket-client.js';

const fixtures = join(projectRoot, 'test/fixtures');
const rest = 'POST /predictions/:model_name';
const socket = 'WebSocket /predictions/:model_name';
const workflow = 'POST /wfpredict/:workflow_name';
const bytes = { 'content-type': 'application/octet-stream' };

const spec = `models:
  max-workers: 1
  retry-attempts: 2
  left:
    url: node.mar
  right:
    url: node.mar
    retry-attempts: 0
    timeout-ms: 60000
dag:
  pre: [left, right]
  left: [join]
  right: [join]
`;

const models = {
  sums: { handler: 'running_sum', yaml: ['sequenceBatching: true', 'maxNumSequence: 8', 'maxSequenceJobQueueSize: 5'] },
  steps: { handler: 'step_by_step', yaml: ['continuousBatching: true', 'batchSize: 2'] },
};

let receiver: OtlpReceiver;
let place: ServerPlace;
let api: ReturnType<typeof apiOf>;
let grpc: GrpcClient;

beforeAll(async () => {
  receiver = await OtlpReceiver.start();
  place = await ServerPlace.make();
  for (const [name, { handler, yaml }] of Object.entries(models)) {
    const configFile = join(place.folder, `${name}.yaml`);
    writeFileSync(configFile, ['minWorkers: 1', 'maxWorkers: 1', ...yaml, ''].join('\n'));
    await packArchive(place.store, { name, handler: join(fixtures, `handlers/${handler}.py`), configFile });
  }
  await packArchive(place.store, { name: 'node', handler: join(fixtures, 'workflows/node.py') });
  const workflows = join(place.folder, 'workflow_store');
  mkdirSync(workflows);
  const [handler, words] = ['functions.py', 'words.py'].map((file) => join(fixtures, 'workflows', file));
  await packWorkflow(workflows, { name: 'fork', spec, handler: handler as string, extraFiles: [words as string] });
  await place.start({
    options: ['--workflow-store', 'workflow_store'],
    config: [
      'disable_token_authorization=true',
      'enable_model_api=true',
      'otel_traces_exporter=otlp',
      `otel_exporter_otlp_endpoint=${receiver.httpEndpoint}`,
    ],
    env: { OTEL_BSP_SCHEDULE_DELAY: '100' },
  });
  api = apiOf(place);
  grpc = inferenceClient(place.grpcInference);
  for (const name of Object.keys(models)) expect((await api.register(`url=${name}.mar`)).status).toBe(200);
  expect((await api.registerWorkflow('url=fork.war')).status, place.log()).toBe(200);
});
afterAll(async () => {
  grpc?.close();
  await place?.close();
  await receiver?.close();
});

const connect = (model: string, protocols: string[] = [], headers: Record<string, string> = {}) =>
  WebSocketClient.connect(`${place.inference.replace('http', 'ws')}/predictions/${model}`, protocols, { headers });

describe('a workflow', () => {
  const run = (request: object, from: ReturnType<typeof caller>) =>
    api.run('fork', JSON.stringify(request), { headers: { traceparent: from.traceparent } });

  it('has a span for each node, with what its model did beneath it', async () => {
    const from = caller();
    expect((await run({ value: 1 }, from)).status).toBe(200);
    const nodes = ['pre', 'left', 'right', 'join'];
    const each = Object.fromEntries(nodes.map((node) => [`node ${node}`, 1]));
    const spans = await receiver.all(from.traceId, { ...each, handler: 4, [workflow]: 1 });
    expect(spans.length).toBe(1 + 4 * 5);
    const [door] = spans as [ReceivedSpan];
    expect(door).toMatchObject({ name: workflow, parentId: from.spanId, error: null });
    const parts = beneath(spans, door);
    expect(parts.map(({ name }) => name).sort()).toEqual(Object.keys(each).sort());
    expect(parts.at(0)?.name).toBe('node pre');
    expect(parts.at(-1)?.name).toBe('node join');
    for (const part of parts) {
      const node = part.name.slice('node '.length);
      const model = { 'torchbridge.model.name': `fork__${node}`, 'torchbridge.model.version': '1.0' };
      expect(part).toMatchObject({
        error: null,
        attributes: { 'torchbridge.workflow.name': 'fork', 'torchbridge.workflow.node': node, ...model },
      });
      const [queue, batch] = beneath(spans, part) as [ReceivedSpan, ReceivedSpan];
      expect([queue.name, batch.name]).toEqual(['queue', 'batch']);
      expectBatch(spans, batch);
      expect(batch.attributes).toMatchObject(model);
    }
  });

  it('has a span for each attempt, and says which failed', async () => {
    const from = caller();
    const folder = join(place.folder, 'calls');
    mkdirSync(folder);
    expect((await run({ folder, left: { do: 'fail times', times: 1 } }, from)).status).toBe(200);
    const spans = await receiver.all(from.traceId, { 'node left': 2, 'node join': 1, handler: 5 });
    const attempts = spans.filter(({ name }) => name === 'node left');
    expect(attempts.map(({ error }) => error)).toEqual(['Prediction failed', null]);

    const failing = caller();
    expect((await run({ right: { do: 'raise' } }, failing)).status).toBe(500);
    const failed = await receiver.all(failing.traceId, { [workflow]: 1, 'node right': 1, 'node left': 1 });
    expect(failed.find(({ name }) => name === 'node right')?.error).toBe('Prediction failed');
    expect(failed.find(({ name }) => name === workflow)?.error).toBe('500');
    expect(failed.some(({ name }) => name === 'node join')).toBe(false);
  });
});

describe('messages of a WebSocket', () => {
  it('have a span each, in the trace that the handshake names', async () => {
    const from = caller();
    const client = await connect('sums', ['torchbridge.events'], { traceparent: from.traceparent });
    client.send(Buffer.from('1')).send(Buffer.from('2')).send(Buffer.from('nothing'));
    const answers = (await client.take(3)).map((message) => JSON.parse((message as { text: string }).text));
    const spans = await receiver.all(from.traceId, { [socket]: 3, handler: 3 });
    const messages = spans.filter(({ name }) => name === socket);
    for (const message of messages) {
      expect(message).toMatchObject({ parentId: from.spanId, kind: 2 });
      expect(message.attributes).toMatchObject({
        'network.protocol.name': 'websocket',
        'http.route': '/predictions/:model_name',
        'url.path': '/predictions/sums',
        'client.address': '127.0.0.1',
        'torchbridge.model.name': 'sums',
      });
      const [queue, batch] = beneath(spans, message) as [ReceivedSpan, ReceivedSpan];
      expect([queue.name, batch.name]).toEqual(['queue', 'batch']);
      expectBatch(spans, batch);
    }
    expect(messages.map(({ error }) => error)).toEqual([null, null, '503']);
    expect(answers.slice(0, 2).map(({ headers }) => headers.traceparent)).toEqual(
      messages.slice(0, 2).map(({ spanId }) => `00-${from.traceId}-${spanId}-01`),
    );
    await client.close();
  });

  it('have a trace each where it names none; one whose client leaves says so', async () => {
    const client = await connect('sums', ['torchbridge.events']);
    client.send(Buffer.from('1')).send(Buffer.from('2'));
    const traces = (await client.take(2)).map((message) =>
      JSON.parse((message as { text: string }).text).headers.traceparent.split('-'),
    );
    expect(traces[0][1]).not.toBe(traces[1][1]);
    await client.close();

    const from = caller();
    const leaving = await connect('steps', [], { traceparent: from.traceparent });
    await leaving.send(Buffer.from('{"pieces": 100000, "pause": 0.01}')).next();
    leaving.socket.terminate();
    const spans = await receiver.all(from.traceId, { [socket]: 1 });
    expect(spans.find(({ name }) => name === socket)?.error).toBe('The caller has gone.');
  });
});

describe('continuous batching', () => {
  it('waits once, and has a batch for each step', async () => {
    const [from, late] = [caller(), caller()];
    const ask = (body: object, { traceparent }: { traceparent: string }) =>
      fetch(`${place.inference}/predictions/steps`, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { ...bytes, traceparent },
      });
    const long = await ask({ pieces: 40, pause: 0.02 }, from);
    expect((await (await ask({ pieces: 2 }, late)).text()).match(/\/2/g)).toHaveLength(2);
    await long.text();

    const spans = await receiver.all(from.traceId, { [rest]: 1, batch: 40, handler: 40 });
    const door = spans[0] as ReceivedSpan;
    const [queue, ...steps] = beneath(spans, door) as [ReceivedSpan, ...ReceivedSpan[]];
    expect(queue.name).toBe('queue');
    expect(steps.map(({ name }) => name)).toEqual(steps.map(() => 'batch'));
    expect(steps.length).toBe(40);
    for (const [index, step] of steps.entries()) {
      expectBatch(spans, step);
      expect(step.start).toBeGreaterThanOrEqual((index > 0 ? (steps[index - 1] as ReceivedSpan) : queue).end - 2000);
    }
    const shared = steps.filter(({ attributes }) => attributes['torchbridge.batch.size'] === 2);
    expect(shared.length).toBe(2);

    // The work is done once for both, and stands in the trace of the one that was there first.
    const other = await receiver.all(late.traceId, { [rest]: 1, batch: 2 });
    expect(other.map(({ name }) => name).sort()).toEqual([rest, 'batch', 'batch', 'queue'].sort());
    const workers = shared.flatMap((step) => beneath(spans, step));
    const joined = other.filter(({ name }) => name === 'batch');
    expect(joined.flatMap(({ links }) => links)).toEqual(workers.map(({ spanId }) => spanId));
    expect(workers.flatMap(({ links }) => links)).toEqual(joined.map(({ spanId }) => spanId));
  });
});

describe('sequences', () => {
  it('have a trace for each request over REST, and one for all of a two-way call', async () => {
    const [first, second] = [caller(), caller()];
    const ask = (more: Record<string, string>, { traceparent }: { traceparent: string }) =>
      api.predict('sums', '1', { headers: { ...bytes, [names.id]: 's', traceparent, ...more } });
    await ask({ [names.start]: 'true' }, first);
    expect((await ask({ [names.end]: 'true' }, second)).json).toMatchObject({ sum: 2 });
    for (const { traceId } of [first, second]) {
      const spans = await receiver.all(traceId, { [rest]: 1, handler: 1 });
      const [queue, batch] = beneath(spans, spans[0] as ReceivedSpan) as [ReceivedSpan, ReceivedSpan];
      expect([queue.name, batch.name]).toEqual(['queue', 'batch']);
      expectBatch(spans, batch);
    }

    const from = caller();
    const call = grpc.stub.StreamPredictions2(metadataOf({ traceparent: from.traceparent }));
    const all = collect(call);
    for (const [index, data] of ['1', '2', '3'].entries())
      call.write({
        model_name: 'sums',
        sequence_id: 'g',
        input: { data: Buffer.from(data), ...(index === 0 && { [names.start]: Buffer.from('true') }) },
      });
    call.end();
    expect((await all).code).toBe(0);
    const method = 'org.pytorch.serve.grpc.inference.InferenceAPIsService/StreamPredictions2';
    const spans = await receiver.all(from.traceId, { [method]: 1, handler: 3 });
    const parts = beneath(spans, spans[0] as ReceivedSpan);
    expect(parts.map(({ name }) => name).sort()).toEqual(['batch', 'batch', 'batch', 'queue', 'queue', 'queue']);
    for (const batch of parts.filter(({ name }) => name === 'batch')) expectBatch(spans, batch);
  });
});
