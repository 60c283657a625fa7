import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packArchive } from '../support/archive.js';
import { GrpcClient, inferenceClient } from '../support/grpc.js';
import { projectRoot } from '../support/release.js';
import { ServerPlace } from '../support/server.js';

const handler = join(projectRoot, 'test/fixtures/handlers/grpc_probe.py');
const packages = [
  ['org.pytorch.serve.grpc.openinference', 'open_inference_grpc.proto'],
  ['inference', 'kserve_inference.proto'],
] as const;

let place: ServerPlace;

beforeAll(async () => {
  place = await ServerPlace.make();
  await packArchive(place.store, { name: 'probe', handler });
  await place.start({
    models: ['probe.mar'],
    config: ['default_workers_per_model=1', 'disable_token_authorization=true', 'ts_open_inference_protocol=true'],
  });
});
afterAll(async () => {
  await place.close();
});

/** A little-endian buffer, filled by `write`. */
function bytes(size: number, write: (buffer: Buffer) => void): Buffer {
  const buffer = Buffer.alloc(size);
  write(buffer);
  return buffer;
}

describe.each(packages)('%s.GRPCInferenceService', (name, file) => {
  let client: GrpcClient;

  beforeAll(() => {
    client = new GrpcClient(`${name}.GRPCInferenceService`, file, place.grpcInference);
  });
  afterAll(() => client.close());

  const infer = (request: object) => client.call('ModelInfer', { model_name: 'probe', id: 'one', ...request });
  /** What comes back of one input whose elements are in `contents`. */
  const echo = async (datatype: string, contents: object, shape = [2]) => {
    const { code, details, message } = await infer({ inputs: [{ name: 'x', datatype, shape, contents }] });
    expect({ code, details }).toEqual({ code: status.OK, details: '' });
    return message.outputs[0].contents;
  };
  const echoRaw = async (datatype: string, raw: Buffer, shape: number[]): Promise<Buffer> => {
    const { code, details, message } = await infer({
      inputs: [{ name: 'x', datatype, shape }],
      raw_input_contents: [raw],
    });
    expect({ code, details }).toEqual({ code: status.OK, details: '' });
    expect(message.outputs[0]).toMatchObject({ name: 'x', datatype, shape: shape.map(String) });
    return message.raw_output_contents[0];
  };

  it('is live and ready, and says who it is', async () => {
    expect((await client.call('ServerLive')).message).toEqual({ live: true });
    expect((await client.call('ServerReady')).message).toEqual({ ready: true });
    const { message } = await client.call('ServerMetadata');
    expect(message).toMatchObject({ name: 'Torchserve', extensions: ['kserve', 'kubeflow'] });
    expect(message.version).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it('tells of models', async () => {
    await expect
      .poll(async () => (await client.call('ModelReady', { name: 'probe' })).message, { timeout: 20_000 })
      .toEqual({ ready: true });
    expect((await client.call('ModelMetadata', { name: 'probe' })).message).toEqual({
      name: 'probe',
      versions: ['1.0'],
      platform: '',
      inputs: [],
      outputs: [],
    });
  });

  it.each([
    ['ModelReady', {}, status.INVALID_ARGUMENT, 'Parameter name is required.\nBadRequestException.()'],
    ['ModelMetadata', {}, status.INVALID_ARGUMENT, 'Parameter model_name is required.\nBadRequestException.()'],
    ['ModelInfer', {}, status.INVALID_ARGUMENT, 'Parameter model_name is required.\nBadRequestException.()'],
    [
      'ModelReady',
      { name: 'nope' },
      status.NOT_FOUND,
      'Model not found: nope\norg.pytorch.serve.archive.model.ModelNotFoundException',
    ],
    [
      'ModelInfer',
      { model_name: 'nope' },
      status.NOT_FOUND,
      'Model not found: nope\norg.pytorch.serve.archive.model.ModelNotFoundException',
    ],
  ])('%s refuses %j', async (method, request, code, details) => {
    expect(await client.call(method, request)).toMatchObject({ code, details });
  });

  it('hands the handler a document with what the request says', async () => {
    const { message } = await infer({
      parameters: {
        temperature: { string_param: 'high' },
        top: { int64_param: '9007199254740993' },
        fast: { bool_param: true },
      },
      inputs: [{ name: 'x', datatype: 'INT32', shape: [2, 1], contents: { int_contents: [1, -2] } }],
      outputs: [{ name: 'x' }],
    });
    expect(message).toMatchObject({ id: 'one', model_name: 'probe', model_version: '1.0' });
    expect(message.outputs[0]).toMatchObject({ name: 'x', datatype: 'INT32', shape: ['2', '1'] });
    expect(
      JSON.parse(
        message.outputs[1].contents.bytes_contents[0].toString().replace('9007199254740993', '"9007199254740993"'),
      ),
    ).toEqual({
      id: 'one',
      model_name: 'probe',
      parameters: { temperature: 'high', top: '9007199254740993', fast: true },
      outputs: [{ name: 'x' }],
    });
  });

  it('keeps every element of every datatype', async () => {
    expect((await echo('BOOL', { bool_contents: [true, false] })).bool_contents).toEqual([true, false]);
    for (const datatype of ['INT8', 'INT16', 'INT32']) {
      expect((await echo(datatype, { int_contents: [-7, 5] })).int_contents).toEqual([-7, 5]);
    }
    for (const datatype of ['UINT8', 'UINT16', 'UINT32']) {
      expect((await echo(datatype, { uint_contents: [7, 200] })).uint_contents).toEqual([7, 200]);
    }
    expect((await echo('UINT32', { uint_contents: [4294967295, 0] })).uint_contents).toEqual([4294967295, 0]);
    const int64 = ['-9223372036854775808', '9007199254740993'];
    expect((await echo('INT64', { int64_contents: int64 })).int64_contents).toEqual(int64);
    const uint64 = ['18446744073709551615', '1'];
    expect((await echo('UINT64', { uint64_contents: uint64 })).uint64_contents).toEqual(uint64);
    expect((await echo('FP32', { fp32_contents: [0.5, -1.25] })).fp32_contents).toEqual([0.5, -1.25]);
    expect((await echo('FP32', { fp32_contents: [Number.NaN, Number.NEGATIVE_INFINITY] })).fp32_contents).toEqual([
      Number.NaN,
      Number.NEGATIVE_INFINITY,
    ]);
    expect((await echo('FP64', { fp64_contents: [0.1, 1e300] })).fp64_contents).toEqual([0.1, 1e300]);
    const [one, two] = (await echo('BYTES', { bytes_contents: [Buffer.from('abc'), Buffer.from([0, 255])] }))
      .bytes_contents;
    expect([one.toString(), two.toString()]).toEqual([
      Buffer.from('abc').toString('base64'),
      Buffer.from([0, 255]).toString('base64'),
    ]);
  });

  it('takes raw tensors, and answers them in kind', async () => {
    const floats = bytes(8, (buffer) => {
      buffer.writeFloatLE(0.1, 0);
      buffer.writeFloatLE(-3.5, 4);
    });
    expect(await echoRaw('FP32', floats, [2])).toEqual(floats);
    const large = bytes(16, (buffer) => {
      buffer.writeBigUInt64LE(2n ** 64n - 1n, 0);
      buffer.writeBigUInt64LE(5n, 8);
    });
    expect(await echoRaw('UINT64', large, [2])).toEqual(large);
    const halves = Buffer.from([0x00, 0x3c, 0x01, 0x00, 0xff, 0x7b, 0x00, 0x80]);
    expect(await echoRaw('FP16', halves, [4])).toEqual(halves);
    expect(await echoRaw('BF16', halves, [4])).toEqual(halves);
    const text = Buffer.concat([Buffer.from([2, 0, 0, 0]), Buffer.from('hi')]);
    const answer = await echoRaw('BYTES', text, [1]);
    expect(answer.subarray(4).toString()).toBe(Buffer.from('hi').toString('base64'));
  });

  it.each([
    [
      'a datatype that there is not',
      { inputs: [{ name: 'x', datatype: 'FP8', shape: [1], contents: { fp32_contents: [1] } }] },
      /^Tensor "x" has the datatype "FP8"; one of BOOL, .*BYTES is needed\./,
    ],
    [
      'halves outside of raw bytes',
      { inputs: [{ name: 'x', datatype: 'FP16', shape: [1], contents: { fp32_contents: [1] } }] },
      /only raw_input_contents can carry/,
    ],
    [
      'raw bytes that fit no element',
      { inputs: [{ name: 'x', datatype: 'FP32', shape: [1] }], raw_input_contents: [Buffer.alloc(3)] },
      /3 bytes hold no whole number/,
    ],
    [
      'raw text that is cut off',
      { inputs: [{ name: 'x', datatype: 'BYTES', shape: [1] }], raw_input_contents: [Buffer.from([9, 0, 0, 0, 65])] },
      /end in the middle/,
    ],
    [
      'raw bytes without an input',
      { inputs: [], raw_input_contents: [Buffer.alloc(4)] },
      /0 inputs and 1 raw_input_contents/,
    ],
  ])('refuses %s', async (_, request, details) => {
    const result = await infer(request);
    expect(result.code).toBe(status.INVALID_ARGUMENT);
    expect(result.details).toMatch(details);
  });

  it('says what is missing in an answer, and keeps the worker', async () => {
    const { code, details } = await infer({ id: 'broken', inputs: [] });
    expect(code).toBe(status.INTERNAL);
    expect(details).toMatch(
      /^The handler's answer is no Open Inference response: it lacks "datatype" in outputs\[0\]\./,
    );
    expect((await infer({ inputs: [] })).code).toBe(status.OK);
  });
});

describe('without ts_open_inference_protocol', () => {
  it('the services are not there', async () => {
    const other = await ServerPlace.make();
    await other.start();
    const clients = packages.map(
      ([name, file]) => new GrpcClient(`${name}.GRPCInferenceService`, file, other.grpcInference),
    );
    try {
      for (const client of clients) expect((await client.call('ServerLive')).code).toBe(status.UNIMPLEMENTED);
      const usual = inferenceClient(other.grpcInference);
      expect((await usual.call('Ping')).code).toBe(status.OK);
      usual.close();
    } finally {
      for (const client of clients) client.close();
      await other.close();
    }
  });
});
