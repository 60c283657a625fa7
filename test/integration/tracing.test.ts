import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiOf } from '../support/api.js';
import { packArchive } from '../support/archive.js';
import { type GrpcClient, inferenceClient } from '../support/grpc.js';
import { OtlpReceiver, type ReceivedSpan } from '../support/otlp-receiver.js';
import { imports, pythonWith } from '../support/python-with.js';
import { projectRoot } from '../support/release.js';
import { ServerPlace } from '../support/server.js';
import { caller, expectChain } from '../support/traces.js';

const handlers = join(projectRoot, 'test/fixtures/handlers');
const open = ['disable_token_authorization=true', 'enable_model_api=true', 'default_workers_per_model=1'];
const soon = { OTEL_BSP_SCHEDULE_DELAY: '100' };
const chain = ['queue', 'batch', 'worker', 'handler'];
const route = 'POST /predictions/:model_name';
const method = 'org.pytorch.serve.grpc.inference.InferenceAPIsService/Predictions';

const python = pythonWith('opentelemetry.sdk, opentelemetry.exporter.otlp.proto.http');

describe.skipIf(python === null)('traces (needs opentelemetry-sdk: the test environment)', () => {
  let receiver: OtlpReceiver;
  let place: ServerPlace;
  let grpc: GrpcClient;

  beforeAll(async () => {
    receiver = await OtlpReceiver.start();
    place = await ServerPlace.make();
    for (const name of ['traced', 'traced_async'])
      await packArchive(place.store, { name, handler: join(handlers, `${name}.py`) });
    await place.start({
      models: ['traced.mar', 'traced_async.mar'],
      config: [
        ...open,
        'otel_traces_exporter=otlp',
        `otel_exporter_otlp_endpoint=${receiver.httpEndpoint}`,
        'otel_exporter_otlp_headers=api-key=secret',
        'otel_service_name=shop',
        'otel_resource_attributes=deployment.environment.name=test',
      ],
      env: { ...soon, TS_PYTHON: python ?? undefined },
    });
    const api = apiOf(place);
    for (const model of ['traced', 'traced_async'])
      while ((await api.predict(model, 'x')).status !== 200) await sleep(100);
    grpc = inferenceClient(place.grpcInference);
  });
  afterAll(async () => {
    grpc?.close();
    await place?.close();
    await receiver?.close();
  });

  const post = (model: string, body: string, headers: Record<string, string> = {}) =>
    fetch(`${place.inference}/predictions/${model}`, { method: 'POST', body, headers });

  it('follow a REST request from its caller to the spans of the handler', async () => {
    const from = caller();
    const answer = await post('traced', 'hello', { traceparent: from.traceparent, tracestate: 'a=1' });
    const spans = await receiver.trace(from.traceId, [route, ...chain, 'own']);
    const door = spans[route] as ReceivedSpan;
    expect(door).toMatchObject({ parentId: from.spanId, kind: 2, service: 'shop', traceState: 'a=1', error: null });
    expect(door.attributes).toMatchObject({
      'http.request.method': 'POST',
      'http.route': '/predictions/:model_name',
      'url.path': '/predictions/traced',
      'http.response.status_code': 200,
      'client.address': '127.0.0.1',
      'torchbridge.model.name': 'traced',
      'torchbridge.model.version': '1.0',
    });
    expectChain(spans, [route, 'queue']);
    expectChain(spans, [route, 'batch', 'worker', 'handler', 'own']);
    expect(spans['queue']?.end).toBeLessThanOrEqual((spans['batch'] as ReceivedSpan).start);
    expect(spans['batch']?.attributes).toMatchObject({
      'torchbridge.batch.size': 1,
      'torchbridge.request.id': answer.headers.get('x-request-id'),
    });
    expect(spans['own']).toMatchObject({ service: 'shop', scope: 'handler', attributes: { words: 'hello' } });
    // Out again: to the caller, and to whoever the handler calls.
    expect(answer.headers.get('traceparent')).toBe(`00-${from.traceId}-${door.spanId}-01`);
    expect(await answer.text()).toBe(`00-${from.traceId}-${spans['own']?.spanId}-01`);
    expect(receiver.headers.at(-1)).toMatchObject({ 'api-key': 'secret' });
  });

  it('follow a gRPC call as well', async () => {
    const from = caller();
    const request = { model_name: 'traced', input: { data: Buffer.from('over gRPC') } };
    const answer = await grpc.call('Predictions', request, { metadata: { traceparent: from.traceparent } });
    const spans = await receiver.trace(from.traceId, [method, ...chain, 'own']);
    const door = spans[method] as ReceivedSpan;
    expect(door).toMatchObject({ parentId: from.spanId, kind: 2, error: null });
    expect(door.attributes).toMatchObject({
      'rpc.system': 'grpc',
      'rpc.service': 'org.pytorch.serve.grpc.inference.InferenceAPIsService',
      'rpc.method': 'Predictions',
      'rpc.grpc.status_code': 0,
      'torchbridge.model.name': 'traced',
    });
    expectChain(spans, [method, 'queue']);
    expectChain(spans, [method, 'batch', 'worker', 'handler', 'own']);
    expect(answer.trailers['traceparent']).toBe(`00-${from.traceId}-${door.spanId}-01`);
    expect(answer.message.prediction.toString()).toBe(`00-${from.traceId}-${spans['own']?.spanId}-01`);
  });

  it('keep batches that run side by side apart', async () => {
    const callers = [caller(), caller()];
    await Promise.all(callers.map(({ traceparent }) => post('traced_async', 'x', { traceparent })));
    for (const { traceId } of callers) {
      const spans = await receiver.trace(traceId, [route, ...chain, 'own', 'nested']);
      expectChain(spans, [route, 'batch', 'worker', 'handler', 'own', 'nested']);
    }
  });

  it('are begun here where the caller has none, and left out where it is not sampled', async () => {
    const own = (await post('traced', 'x')).headers.get('traceparent') ?? '';
    const [, traceId = ''] = own.split('-');
    expect((await receiver.trace(traceId, [route]))[route]?.parentId).toBe('');
    const silent = caller(false);
    const answer = await post('traced', 'x', { traceparent: silent.traceparent });
    expect(answer.headers.get('traceparent')).toMatch(new RegExp(`^00-${silent.traceId}-[0-9a-f]{16}-00$`));
    const malformed = await post('traced', 'x', { traceparent: '00-zero-one-01' });
    await receiver.trace(malformed.headers.get('traceparent')?.split('-')[1] ?? '', [route]);
    expect(receiver.spans.filter((span) => span.traceId === silent.traceId)).toEqual([]);
  });

  it('link a batch of several requests', async () => {
    const query = 'url=traced.mar&model_name=pair&batch_size=2&max_batch_delay=5000&initial_workers=1&synchronous=true';
    expect((await apiOf(place).register(query)).status).toBe(200);
    const [rest, call] = [caller(), caller()];
    await Promise.all([
      post('pair', 'x', { traceparent: rest.traceparent }),
      grpc.call('Predictions', { model_name: 'pair' }, { metadata: { traceparent: call.traceparent } }),
    ]);
    const ofRest = await receiver.trace(rest.traceId, [route, 'queue', 'batch']);
    const ofCall = await receiver.trace(call.traceId, [method, 'queue', 'batch']);
    const [first, second] = ofRest['worker'] ? [ofRest, ofCall] : [ofCall, ofRest];
    const spans = await receiver.trace(first?.['batch']?.traceId ?? '', ['worker', 'handler', 'own']);
    expectChain(spans, ['batch', 'worker', 'handler', 'own']);
    expect(second?.['worker']).toBeUndefined();
    const other = second?.['batch'] as ReceivedSpan;
    expect(other.attributes['torchbridge.batch.size']).toBe(2);
    expect(other.links).toEqual([spans['worker']?.spanId]);
    expect(spans['worker']?.links).toEqual([other.spanId]);
    expect(spans['handler']?.links).toEqual([other.spanId]);
  });

  it('hold of a batch only those who are sampled', async () => {
    const [from, silent] = [caller(), caller(false)];
    const answers = [silent, from].map(({ traceparent }) => post('pair', 'x', { traceparent }));
    await Promise.all(answers);
    const spans = await receiver.trace(from.traceId, [route, ...chain, 'own']);
    expectChain(spans, [route, 'batch', 'worker', 'handler', 'own']);
    expect(spans['batch']?.attributes['torchbridge.batch.size']).toBe(2);
    expect(spans['worker']?.links).toEqual([]);
    expect(receiver.spans.filter(({ traceId }) => traceId === silent.traceId)).toEqual([]);
  });

  it('tell of failures, of the handler and of the worker', async () => {
    const failing = caller();
    expect((await post('traced', 'fail', { traceparent: failing.traceparent })).status).toBe(503);
    const failed = await receiver.trace(failing.traceId, [route, ...chain, 'own']);
    expect(failed[route]).toMatchObject({ error: '503', attributes: { 'http.response.status_code': 503 } });
    for (const name of ['batch', 'worker', 'handler']) expect(failed[name]?.error, name).toBe('Prediction failed');
    expect(failed['own']?.error).toBe('ValueError: as it was told');

    const dying = caller();
    expect((await post('traced', 'die', { traceparent: dying.traceparent })).status).toBe(500);
    const died = await receiver.trace(dying.traceId, [route, ...chain]);
    expectChain(died, [route, 'batch', 'worker', 'handler']);
    expect(died['handler']?.error).toBe('Worker died.');
  });

  it('leave probes out, and end with the server', async () => {
    const from = caller();
    await fetch(`${place.inference}/ping`, { headers: { traceparent: from.traceparent } });
    const last = caller();
    await post('traced', 'last', { traceparent: last.traceparent });
    await place.stop();
    await receiver.trace(last.traceId, [route, ...chain, 'own']);
    expect(receiver.spans.filter(({ traceId }) => traceId === from.traceId)).toEqual([]);
  });
});

describe('tracing', () => {
  it('goes out by gRPC too, from workers that have no opentelemetry', async () => {
    const receiver = await OtlpReceiver.start();
    const place = await ServerPlace.make();
    try {
      await packArchive(place.store, { name: 'echo', handler: join(handlers, 'echo_length.py') });
      await place.start({
        models: ['echo.mar'],
        config: open,
        env: {
          ...soon,
          OTEL_TRACES_EXPORTER: 'otlp',
          OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
          OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcEndpoint,
        },
      });
      const api = apiOf(place);
      await expect.poll(async () => (await api.predict('echo', 'x')).status, { timeout: 30_000 }).toBe(200);
      const from = caller();
      await api.predict('echo', 'x', { headers: { traceparent: from.traceparent } });
      const spans = await receiver.trace(from.traceId, [route, ...chain]);
      expectChain(spans, [route, 'batch', 'worker', 'handler']);
      if (!imports(process.env['TS_PYTHON'] ?? 'python3', 'opentelemetry')) {
        const told =
          /Spans that the handler makes are not traced: there is no opentelemetry here\. pip install opentelemetry-sdk/;
        const log = join(place.folder, 'logs/model_log.log');
        await expect.poll(() => readFileSync(log, 'utf8'), { timeout: 5000 }).toMatch(told);
      }
    } finally {
      await place.close();
      await receiver.close();
    }
  });

  it('is off unless it is asked for, and a protocol that is not spoken keeps the server from starting', async () => {
    const place = await ServerPlace.make();
    try {
      await expect(
        place.start({ config: [...open, 'otel_traces_exporter=otlp', 'otel_exporter_otlp_protocol=http/json'] }),
      ).rejects.toThrow(
        'Invalid configuration: otel_exporter_otlp_protocol takes http/protobuf or grpc, not "http/json".',
      );
      await place.start({ config: [...open, 'otel_exporter_otlp_endpoint=http://127.0.0.1:9'] });
      const answer = await fetch(`${place.management}/models`, { headers: { traceparent: caller().traceparent } });
      expect(answer.headers.get('traceparent')).toBeNull();
      const grpc = inferenceClient(place.grpcInference);
      const { code, trailers } = await grpc.call('Ping');
      grpc.close();
      expect(code).toBe(status.OK);
      expect(trailers).not.toHaveProperty('traceparent');
    } finally {
      await place.close();
    }
  });
});
