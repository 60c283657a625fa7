import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type ClientHttp2Session, connect, constants, type IncomingHttpHeaders } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { Metadata, Server, ServerCredentials, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inferenceApi } from '../../../../../src/api/grpc/definitions.js';
import { answerDirectly } from '../../../../../src/api/grpc/direct/answer-directly.js';
import { type CallContext, unary } from '../../../../../src/api/grpc/method.js';
import type { ServedApi } from '../../../../../src/api/grpc/served-api.js';
import { watchCalls } from '../../../../../src/api/grpc/watched-call.js';
import { ServingError } from '../../../../../src/errors/serving-error.js';
import type { PredictionsRequest__Output } from '../../../../../src/generated/org/pytorch/serve/grpc/inference/PredictionsRequest.js';
import type { AccessRecord, Logger } from '../../../../../src/observability/logging/logging.js';

const name = 'org.pytorch.serve.grpc.inference.InferenceAPIsService';
const { service } = inferenceApi.types.org.pytorch.serve.grpc.inference.InferenceAPIsService;
const { Predictions } = service;
const maxRequestSize = 1000;
const maxResponseSize = 2000;

/** Answers by the name of the model that is asked for. */
async function answer({ modelName, input }: PredictionsRequest__Output, call: CallContext) {
  const trailers = new Metadata();
  trailers.set('x-word', modelName);
  switch (modelName) {
    case 'echo':
      return { message: { prediction: input['data'] as Buffer }, trailers };
    case 'large':
      return { message: { prediction: Buffer.alloc(maxResponseSize) }, trailers };
    case 'odd':
      return {
        message: {
          get prediction(): Buffer {
            throw new Error('odd');
          },
        },
        trailers,
      };
    case 'patient':
      await new Promise<void>((resolve) => call.onGone(resolve));
      throw new ServingError('internal', 'nobody hears it');
    case 'half':
      throw new ServingError('internal', 'entry \ud83d');
    default:
      throw new ServingError('modelNotFound', `Modell „${modelName}" fehlt`);
  }
}

/** What a raw call brought back. */
interface Answered {
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A server on grpc-js, with unary calls answered by itself or directly, and what it told of them. */
class Place {
  readonly records: Pick<AccessRecord, 'uri' | 'status'>[] = [];
  readonly counted: string[] = [];
  /** Calls that grpc-js answered. */
  usual = 0;
  readonly #server: Server;
  #session: ClientHttp2Session | null = null;

  constructor(directly: boolean) {
    const records = {
      tokens: null,
      scope: 'inference' as const,
      open: new Set<string>(),
      tracing: null,
      access: ({ uri, status: code }: AccessRecord) => this.records.push({ uri, status: code }),
      onCall: (method: string, code: string) => this.counted.push(`${method} ${code}`),
    };
    this.#server = new Server({
      'grpc.max_receive_message_length': maxRequestSize,
      'grpc.max_send_message_length': maxResponseSize,
      'grpc.enable_channelz': 0,
      interceptors: [watchCalls(records)],
    });
    const taking = this.#server as unknown as { _streamHandler(...call: unknown[]): void };
    const take = taking._streamHandler.bind(this.#server);
    taking._streamHandler = (...call) => {
      this.usual += 1;
      take(...call);
    };
    const methods = { Predictions: unary({ door: 'inference', log: {} as Logger }, answer) };
    const api = { name, service, methods, definition: inferenceApi.definition } as unknown as ServedApi;
    if (directly) answerDirectly(this.#server, { apis: [api], records, maxRequestSize, maxResponseSize });
    this.#server.addService(service, methods as never);
  }

  async open(): Promise<void> {
    const port = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      );
    });
    this.#session = connect(`http://127.0.0.1:${port}`);
    await once(this.#session, 'connect');
  }

  async close(): Promise<void> {
    this.#session?.close();
    await new Promise<void>((resolve, reject) => {
      this.#server.tryShutdown((error) => (error ? reject(error) : resolve()));
    });
  }

  request(headers: Record<string, string> = {}, method = 'Predictions') {
    return (this.#session as ClientHttp2Session).request({
      ':method': 'POST',
      ':path': `/${name}/${method}`,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
  }

  async call(pieces: readonly Buffer[], headers?: Record<string, string>): Promise<Answered> {
    const stream = this.request(headers);
    const answered = Promise.all([
      once(stream, 'response').then(([found]) => found as IncomingHttpHeaders),
      once(stream, 'close'),
    ]);
    let trailers: IncomingHttpHeaders = {};
    stream.once('trailers', (found: IncomingHttpHeaders) => {
      trailers = found;
    });
    const body: Buffer[] = [];
    stream.on('data', (piece: Buffer) => body.push(piece));
    for (const piece of pieces) {
      stream.write(piece);
      if (pieces.length > 2) await new Promise(setImmediate);
    }
    stream.end();
    const [found] = await answered;
    return { headers: found, trailers, body: Buffer.concat(body) };
  }
}

function framed(model: string, data = Buffer.alloc(0), compressed = false): Buffer {
  const plain = Predictions.requestSerialize({ modelName: model, input: { data } });
  const message = compressed ? gzipSync(plain) : plain;
  const prefix = Buffer.alloc(5);
  prefix[0] = Number(compressed);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** What a client sees of how a call ended. */
function endOf({ headers, trailers }: Answered) {
  const { 'grpc-status': code, 'grpc-message': message } = { ...headers, ...trailers };
  return { code: Number(code), message: decodeURI(String(message ?? '')) };
}

const usual = new Place(false);
const direct = new Place(true);

beforeAll(() => Promise.all([usual.open(), direct.open()]));
afterAll(() => Promise.all([usual.close(), direct.close()]));

describe('a unary call, answered directly', () => {
  it('does not pass grpc-js, which lets it', async () => {
    const before = direct.usual;
    const { headers, trailers, body } = await direct.call([framed('echo', Buffer.from('hello'))]);
    expect(direct.usual).toBe(before);
    expect(headers).toMatchObject({ ':status': 200, 'content-type': 'application/grpc+proto' });
    expect(trailers).toMatchObject({ 'grpc-status': '0', 'x-word': 'echo' });
    expect(body[0]).toBe(0);
    expect(body.readUInt32BE(1)).toBe(body.length - 5);
    expect(Predictions.responseDeserialize(body.subarray(5))).toEqual({ prediction: Buffer.from('hello') });
  });

  it.each<[string, Buffer[], Record<string, string>, status]>([
    ['a message', [framed('echo', Buffer.from('x'))], {}, status.OK],
    ['a message, byte by byte', Array.from(framed('echo', Buffer.from('x')), (byte) => Buffer.of(byte)), {}, status.OK],
    ['another name of the content', [framed('echo')], { 'content-type': 'application/grpc+proto' }, status.OK],
    ['a deadline that is far away', [framed('echo')], { 'grpc-timeout': '99999999H' }, status.OK],
    ['an error', [framed('absent')], {}, status.NOT_FOUND],
    ['an error whose text is half of a character', [framed('half')], {}, status.INTERNAL],
    ['a deadline that passes', [framed('patient')], { 'grpc-timeout': '50m' }, status.DEADLINE_EXCEEDED],
    ['a deadline that makes no sense', [framed('echo')], { 'grpc-timeout': 'soon' }, status.INTERNAL],
    ['a message too large', [framed('echo', Buffer.alloc(maxRequestSize))], {}, status.RESOURCE_EXHAUSTED],
    ['bytes that are no message', [Buffer.from([0, 0, 0, 0, 2, 255, 255])], {}, status.INTERNAL],
    ['an answer that cannot be written', [framed('odd')], {}, status.INTERNAL],
  ])('ends as with grpc-js: %s', async (_, pieces, headers, code) => {
    const [before, counted] = [direct.records.length, direct.counted.length];
    const [mine, theirs] = await Promise.all([direct.call(pieces, headers), usual.call(pieces, headers)]);
    const end = endOf(mine);
    expect(end.code).toBe(code);
    if (code !== status.OK) expect(end).toEqual(endOf(theirs));
    expect(mine.body).toEqual(theirs.body);
    const { date, ...head } = mine.headers;
    const { date: other, ...theirHead } = theirs.headers;
    expect(head).toEqual(theirHead);
    const { 'grpc-message': ok, ...trailers } = theirs.trailers;
    expect(mine.trailers).toEqual(trailers);
    expect(direct.records.slice(before)).toEqual([{ uri: `${name}/Predictions`, status: code }]);
    expect(direct.counted.slice(counted)).toEqual([`${name}/Predictions ${status[code]}`]);
  });

  it('is refused an answer that is too large, whose size is told', async () => {
    expect(endOf(await direct.call([framed('large')]))).toEqual({
      code: status.RESOURCE_EXHAUSTED,
      message: `Sent message larger than max (${maxResponseSize + 3} vs. ${maxResponseSize})`,
    });
  });

  it.each([
    ['no message', []],
    ['half of one', [framed('echo').subarray(0, 8)]],
    ['two', [framed('echo'), framed('echo')]],
  ])('is not implemented with %s, as with grpc-js', async (_, pieces) => {
    const [mine, theirs] = await Promise.all([direct.call(pieces), usual.call(pieces)]);
    expect(endOf(mine).code).toBe(status.UNIMPLEMENTED);
    expect(endOf(theirs).code).toBe(status.UNIMPLEMENTED);
  });

  it.each([
    ['before all was sent', framed('patient').subarray(0, 6), false, constants.NGHTTP2_CANCEL],
    ['while it is answered', framed('patient'), true, constants.NGHTTP2_CANCEL],
    ['for an error of its own', framed('patient'), true, constants.NGHTTP2_INTERNAL_ERROR],
  ])('ends when its caller hangs up %s, as with grpc-js', async (_, sent, whole, reason) => {
    const ends = await Promise.all(
      [direct, usual].map(async (place) => {
        const before = place.records.length;
        const stream = place.request();
        stream.on('error', () => {});
        stream.write(sent);
        if (whole) stream.end();
        await sleep(50);
        stream.close(reason);
        await expect.poll(() => place.records.length).toBe(before + 1);
        return place.records.slice(before);
      }),
    );
    expect(ends[0]).toEqual(ends[1]);
    if (whole) expect(ends[0]).toMatchObject([{ status: status.CANCELLED }]);
    expect(endOf(await direct.call([framed('echo')])).code).toBe(status.OK);
  });
});

describe('calls that nobody means well', () => {
  it('end with a status, whatever their bytes are', async () => {
    const before = direct.records.length;
    const messages = Array.from({ length: 300 }, (_, index) => {
      const junk = Buffer.concat([framed('echo', Buffer.from('hello')), randomBytes(index % 40)]);
      // Some begin like a message and are spoilt at one place; others are noise altogether.
      junk[index % junk.length] = index % 256;
      return index % 3 === 0 ? randomBytes(index % 60) : junk;
    });
    for (const message of messages) {
      const cut = Math.floor(message.length / 2);
      const { code } = endOf(await direct.call([message.subarray(0, cut), message.subarray(cut)]));
      expect(code, message.toString('hex')).toBeOneOf(Object.values(status));
    }
    expect(direct.records).toHaveLength(before + messages.length);
    expect(endOf(await direct.call([framed('echo')])).code).toBe(status.OK);
  });
});

describe('grpc-js answers', () => {
  it('compressed calls', async () => {
    const before = direct.usual;
    const answered = await direct.call([framed('echo', Buffer.from('hello'), true)], { 'grpc-encoding': 'gzip' });
    expect(endOf(answered).code).toBe(status.OK);
    expect(Predictions.responseDeserialize(answered.body.subarray(5))).toEqual({ prediction: Buffer.from('hello') });
    expect(direct.usual).toBe(before + 1);
  });

  it('what is no gRPC, and methods that it is not told of', async () => {
    const page = direct.request({ 'content-type': 'text/html' });
    page.end();
    const [headers] = await once(page, 'response');
    expect(headers[':status']).toBe(415);
    const absent = direct.request({}, 'Nothing');
    absent.end();
    const [refusal] = await once(absent, 'response');
    expect(refusal['grpc-status']).toBe(String(status.UNIMPLEMENTED));
  });
});
