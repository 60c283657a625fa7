import { status } from '@grpc/grpc-js';
import { inferenceApi } from '../../api/grpc/definitions.js';
import { prefixLength, withPrefix } from '../../api/grpc/length-prefix.js';
import { Http2Connection, type Http2Request, type StreamListener } from './http2/connection.js';
import type { Load, Outcome, Sender } from './load.js';

const { Predictions } = inferenceApi.types.org.pytorch.serve.grpc.inference.InferenceAPIsService.service;
const wanted = new Set([':status', 'grpc-status', 'grpc-message']);

/** A connection that is made with its first call, and again after it broke; several senders may share it. */
export class GrpcChannel {
  readonly #address: string;
  readonly #timeoutMs: number;
  #connection: Http2Connection | null = null;

  constructor({ address, timeoutSeconds }: Pick<Load, 'address' | 'timeoutSeconds'>) {
    this.#address = address;
    this.#timeoutMs = timeoutSeconds * 1000;
  }

  get connection(): Http2Connection {
    if (!this.#connection || this.#connection.closed)
      this.#connection = new Http2Connection(this.#address, wanted, this.#timeoutMs);
    return this.#connection;
  }

  close(): void {
    this.#connection?.close();
  }
}

/** Calls `Predictions` with the body as input `data`, one call at a time. */
export class GrpcSender implements Sender {
  readonly #channel: GrpcChannel;
  readonly #request: Http2Request;

  constructor(load: Load, body: Buffer, channel: GrpcChannel) {
    this.#channel = channel;
    const message = Predictions.requestSerialize({ modelName: load.model, input: { data: body } });
    const fields = {
      ':method': 'POST',
      ':scheme': 'http',
      ':path': Predictions.path,
      ':authority': load.address,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...lowerCase(load.headers),
    };
    this.#request = { fields, body: withPrefix(message) };
  }

  send(ended: (outcome: Outcome) => void): void {
    this.#channel.connection.request(this.#request, new Call(ended));
  }

  close(): void {
    this.#channel.close();
  }
}

/** One call, from its request to its trailers. */
class Call implements StreamListener {
  readonly #ended: (outcome: Outcome) => void;
  #status: string | undefined;
  #text = '';
  #bytes = 0;
  #firstByte = Number.NaN;

  constructor(ended: (outcome: Outcome) => void) {
    this.#ended = ended;
  }

  /** A call that fails has its status in the head already. */
  fields(fields: ReadonlyMap<string, string>): void {
    const code = fields.get('grpc-status');
    if (code !== undefined) this.#status = status[Number(code)] ?? code;
    else if (fields.has(':status') && fields.get(':status') !== '200') this.#status = `HTTP ${fields.get(':status')}`;
    this.#text ||= decoded(fields.get('grpc-message') ?? '');
  }

  data(piece: Buffer): void {
    if (this.#bytes === 0) this.#firstByte = performance.now();
    this.#bytes += piece.length;
  }

  ended(broken: string | null): void {
    const ok = broken === null && this.#status === 'OK';
    this.#ended({
      ok,
      status: broken ?? this.#status ?? 'UNAVAILABLE',
      firstByte: this.#firstByte,
      pieces: ok ? 1 : 0,
      bytes: Math.max(0, this.#bytes - prefixLength),
      text: ok ? '' : this.#text,
    });
  }
}

function lowerCase(headers: Load['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** A message as it was before it was percent-encoded; as it came where it never was. */
function decoded(message: string): string {
  try {
    return decodeURIComponent(message);
  } catch {
    return message;
  }
}
