import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packArchive } from '../support/archive.js';
import { collect, type GrpcClient, inferenceClient, managementClient } from '../support/grpc.js';
import { projectRoot } from '../support/release.js';
import { ServerPlace } from '../support/server.js';

const handler = join(projectRoot, 'test/fixtures/handlers/grpc_probe.py');
const http = 'org.pytorch.serve.http';
const archiveModel = 'org.pytorch.serve.archive.model';

let place: ServerPlace;
let inference: GrpcClient;
let management: GrpcClient;

beforeAll(async () => {
  place = await ServerPlace.make();
  for (const name of ['probe', 'other']) await packArchive(place.store, { name, handler });
  await place.start({
    models: ['probe.mar'],
    config: [
      'default_workers_per_model=1',
      'disable_token_authorization=true',
      'enable_model_api=true',
      'max_request_size=100000',
      'max_response_size=200000',
    ],
  });
  inference = inferenceClient(place.grpcInference);
  management = managementClient(place.grpcManagement);
});
afterAll(async () => {
  inference?.close();
  management?.close();
  await place.close();
});

/** What the handler is asked for. */
const asks = (words: string, more: Record<string, Buffer> = {}) => ({
  model_name: 'probe',
  input: { do: Buffer.from(words), ...more },
});
const text = (prediction: Buffer): string => prediction.toString();

describe('Predictions', () => {
  it('hands each entry to the handler as a bytearray, and brings back what it returned', async () => {
    const { code, message, trailers } = await inference.call(
      'Predictions',
      asks('report', { data: Buffer.from([1, 255]) }),
    );
    expect(code).toBe(status.OK);
    expect(JSON.parse(text(message.prediction))).toEqual({
      types: { do: 'bytearray', data: 'bytearray' },
      values: { do: 'report', data: '\x01ÿ' },
      headers: { do: { 'content-type': '' }, data: { 'content-type': '' } },
    });
    expect(message.sequence_id ?? '').toBe('');
    expect(message.status ?? null).toBe(null);
    expect(trailers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('sends the status and headers that a handler set in the trailers', async () => {
    const { code, message, trailers } = await inference.call('Predictions', asks('status 418'));
    expect(code).toBe(status.OK);
    expect(text(message.prediction)).toBe('the body');
    expect(trailers).toMatchObject({
      'ts-status': '418',
      'ts-status-phrase': 'chosen',
      'x-answer': 'forty two',
      'x-umlaut': '%C3%A4',
      'ts-content-type': 'text/plain',
    });
  });

  it('joins the pieces of a handler that streams', async () => {
    const { code, message } = await inference.call('Predictions', asks('stream 3'));
    expect(code).toBe(status.OK);
    expect(text(message.prediction)).toBe('piece 0 piece 1 piece 2 ');
  });

  it.each([
    [
      'no model',
      { model_name: '' },
      status.INVALID_ARGUMENT,
      'Parameter model_name is required.\nBadRequestException.()',
    ],
    [
      'an unknown model',
      { model_name: 'nope' },
      status.NOT_FOUND,
      `Model not found: nope\n${archiveModel}.ModelNotFoundException`,
    ],
    [
      'an unknown version',
      { model_name: 'probe', model_version: '9' },
      status.NOT_FOUND,
      `Model version: 9 does not exist for model: probe\n${archiveModel}.ModelVersionNotFoundException`,
    ],
    [
      'a handler that says 404',
      asks('raise 404 not here'),
      status.NOT_FOUND,
      `not here\n${http}.InternalServerException`,
    ],
    [
      'a handler that says 429',
      asks('raise 429 slowly'),
      status.RESOURCE_EXHAUSTED,
      `slowly\n${http}.InternalServerException`,
    ],
    [
      'a handler that says 418',
      asks('raise 418 teapot'),
      status.FAILED_PRECONDITION,
      `teapot\n${http}.InternalServerException`,
    ],
    ['a handler that says 299', asks('raise 299 odd'), status.UNKNOWN, `odd\n${http}.InternalServerException`],
    ['a handler that fails', asks('fail'), status.INTERNAL, `Prediction failed\n${http}.InternalServerException`],
    ['a worker that dies', asks('die'), status.INTERNAL, `Worker died.\n${http}.InternalServerException`],
  ])('answers %s with the status that fits and the text that clients know', async (_, request, code, details) => {
    expect(await inference.call('Predictions', request)).toMatchObject({ code, details });
  });

  it('tells the HTTP status of an error in the trailers', async () => {
    expect((await inference.call('Predictions', asks('raise 418 teapot'))).trailers).toMatchObject({
      'ts-status': '418',
    });
  });

  it('says that no worker serves a model that has none', async () => {
    expect((await management.call('RegisterModel', { url: 'other.mar', synchronous: true })).code).toBe(status.OK);
    const none = { model_name: 'other', min_worker: 0, synchronous: true };
    expect((await management.call('ScaleWorker', none)).message.msg).toBe('Workers scaled to 0 for model: other');
    const { code, details } = await inference.call('Predictions', { model_name: 'other' });
    expect(code).toBe(status.UNAVAILABLE);
    expect(details).toMatch(
      /^Model "other" has no worker to serve inference request\..*\nInternalServerException\.\(\)$/s,
    );
    expect((await management.call('UnregisterModel', { model_name: 'other' })).message.msg).toBe(
      'Model "other" unregistered',
    );
  });

  it('refuses a message over max_request_size, and an answer over max_response_size', async () => {
    const big = await inference.call('Predictions', asks('report', { data: Buffer.alloc(150_000) }));
    expect(big.code).toBe(status.RESOURCE_EXHAUSTED);
    expect((await inference.call('Predictions', asks('bytes 190000'))).code).toBe(status.OK);
    expect((await inference.call('Predictions', asks('bytes 300000'))).code).toBe(status.RESOURCE_EXHAUSTED);
  });

  it('lets the deadline of a caller reach the handler', async () => {
    const file = join(place.folder, 'deadline');
    const result = await inference.call('Predictions', asks(`wait ${file}`), { timeoutMs: 500 });
    expect(result.code).toBe(status.DEADLINE_EXCEEDED);
    await expect.poll(() => existsSync(file) && readFileSync(file, 'utf8'), { timeout: 5000 }).toBe('cancelled');
  });

  it('lets the cancellation of a caller reach the handler', async () => {
    const file = join(place.folder, 'cancellation');
    const call = inference.stub.Predictions(asks(`wait ${file}`), () => {});
    call.on('error', () => {});
    setTimeout(() => call.cancel(), 300);
    await expect.poll(() => existsSync(file) && readFileSync(file, 'utf8'), { timeout: 5000 }).toBe('cancelled');
  });

  it('drops a request from the queue when its caller leaves', async () => {
    const busy = inference.call('Predictions', asks('sleep 1'));
    const file = join(place.folder, 'never');
    const waiting = await inference.call('Predictions', asks(`wait ${file}`), { timeoutMs: 200 });
    expect(waiting.code).toBe(status.DEADLINE_EXCEEDED);
    expect((await busy).code).toBe(status.OK);
    expect((await inference.call('Predictions', asks('report'))).code).toBe(status.OK);
    expect(existsSync(file)).toBe(false);
  });
});

describe('StreamPredictions', () => {
  it('sends a message for each piece', async () => {
    const { messages, code, trailers } = await collect<{ prediction: Buffer }>(
      inference.stub.StreamPredictions(asks('stream 4')),
    );
    expect(code).toBe(status.OK);
    expect(messages.map(({ prediction }) => text(prediction))).toEqual([
      'piece 0 ',
      'piece 1 ',
      'piece 2 ',
      'piece 3 ',
    ]);
    expect(trailers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('sends one message for a handler that does not stream', async () => {
    const { messages, code } = await collect(inference.stub.StreamPredictions(asks('report')));
    expect(code).toBe(status.OK);
    expect(messages).toHaveLength(1);
  });

  it('ends with the status of an error', async () => {
    expect(await collect(inference.stub.StreamPredictions({ model_name: 'nope' }))).toMatchObject({
      messages: [],
      code: status.NOT_FOUND,
      details: `Model not found: nope\n${archiveModel}.ModelNotFoundException`,
    });
  });

  it('leaves the worker as it was', async () => {
    expect((await inference.call('Predictions', asks('report'))).code).toBe(status.OK);
  });
});

describe('StreamPredictions2', () => {
  interface Message {
    readonly prediction: Buffer;
    readonly sequence_id?: string;
    readonly status?: { code: number; message: string; details: { type_url: string; value: Buffer }[] } | null;
  }

  const talk = async (requests: object[]) => {
    const call = inference.stub.StreamPredictions2();
    const done = collect<Message>(call);
    for (const request of requests) call.write(request);
    call.end();
    return await done;
  };

  it('answers the requests of a sequence in their order, all of them before it ends', async () => {
    const words = ['sleep 0.2', 'report', 'sleep 0.1'];
    const { messages, code } = await talk(words.map((word) => ({ ...asks(word), sequence_id: 's1' })));
    expect(code).toBe(status.OK);
    expect(messages.map(({ sequence_id }) => sequence_id)).toEqual(['s1', 's1', 's1']);
    expect(text((messages[0] as Message).prediction)).toBe('slept 0.2');
    expect(text((messages[2] as Message).prediction)).toBe('slept 0.1');
    const { headers } = JSON.parse(text((messages[1] as Message).prediction));
    expect(headers).toMatchObject({ ts_request_sequence_id: 's1' });
    expect(headers).not.toHaveProperty('ts_request_sequence_end');
  });

  it('tells the handler where a sequence starts and ends', async () => {
    const flag = Buffer.from('true');
    const { messages } = await talk([
      { ...asks('report', { ts_request_sequence_start: flag }), sequence_id: 's2' },
      { ...asks('report', { ts_request_sequence_end: flag }), sequence_id: 's2' },
    ]);
    const headers = messages.map(({ prediction }) => JSON.parse(text(prediction)).headers);
    expect(headers[0]).toMatchObject({ ts_request_sequence_id: 's2', ts_request_sequence_start: 'true' });
    expect(headers[1]).toMatchObject({ ts_request_sequence_id: 's2', ts_request_sequence_end: 'true' });
  });

  it('gives a sequence that starts without an id one, and tells it', async () => {
    const { messages } = await talk([asks('report', { ts_request_sequence_start: Buffer.from('true') })]);
    expect(messages[0]?.sequence_id).toMatch(/^ts-seq-[0-9a-f-]{36}$/);
  });

  it('answers what it refuses or cannot do with a status, and goes on', async () => {
    const { messages, code } = await talk([
      asks('report'),
      { model_name: 'nope', sequence_id: 's3' },
      { ...asks('raise 400 no'), sequence_id: 's3' },
      { ...asks('report'), sequence_id: 's3' },
    ]);
    expect(code).toBe(status.OK);
    const refusal = messages.find(({ sequence_id }) => !sequence_id)?.status;
    expect(refusal).toMatchObject({ code: status.INVALID_ARGUMENT, message: 'Parameter sequenceId is required.' });
    const [unknown, raised, good] = messages.filter(({ sequence_id }) => sequence_id === 's3') as [
      Message,
      Message,
      Message,
    ];
    expect(unknown.status).toMatchObject({ code: status.NOT_FOUND, message: 'Model not found: nope' });
    expect(unknown.status?.details[0]?.type_url).toBe('type.googleapis.com/google.rpc.ErrorInfo');
    expect(text(unknown.status?.details[0]?.value as Buffer)).toContain(`${archiveModel}.ModelNotFoundException`);
    expect(raised.status).toMatchObject({ code: status.INVALID_ARGUMENT, message: 'no' });
    expect(good.status ?? null).toBe(null);
  });

  it('lets the cancellation of the call reach its handlers', async () => {
    const file = join(place.folder, 'two-way');
    const call = inference.stub.StreamPredictions2();
    call.on('error', () => {});
    call.write({ ...asks(`wait ${file}`), sequence_id: 's4' });
    setTimeout(() => call.cancel(), 300);
    await expect.poll(() => existsSync(file) && readFileSync(file, 'utf8'), { timeout: 5000 }).toBe('cancelled');
  });
});

describe('Ping', () => {
  it('tells the health as JSON', async () => {
    expect((await inference.call('Ping')).message.health).toBe('{\n  "status": "Healthy"\n}');
  });
});

describe('the access log', () => {
  it('has a line for each call', async () => {
    await inference.call('Predictions', { model_name: 'nope' });
    const file = join(place.folder, 'logs/access_log.log');
    const line =
      /\/127\.0\.0\.1:\d+ "gRPC org\.pytorch\.serve\.grpc\.inference\.InferenceAPIsService\/Predictions HTTP\/2\.0" 5 \d+$/m;
    await expect.poll(() => readFileSync(file, 'utf8'), { timeout: 5000 }).toMatch(line);
    expect(readFileSync(file, 'utf8')).toMatch(/Predictions HTTP\/2\.0" 4 \d+$/m);
  });

  it('has one for a call to a method that there is not', async () => {
    for (const path of ['/no.Such/Method', '/inference.GRPCInferenceService/ServerLive']) {
      expect(await inference.callPath(path)).toMatchObject({
        code: status.UNIMPLEMENTED,
        details: `Method not found: ${path.slice(1)}`,
      });
    }
    await expect
      .poll(() => readFileSync(join(place.folder, 'logs/access_log.log'), 'utf8'), { timeout: 5000 })
      .toMatch(/"gRPC no\.Such\/Method HTTP\/2\.0" 12 \d+$/m);
  });
});
