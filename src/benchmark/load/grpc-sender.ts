import { type ClientHttp2Session, type ClientHttp2Stream, connect, type OutgoingHttpHeaders } from 'node:http2';
import { status } from '@grpc/grpc-js';
import { inferenceApi } from '../../api/grpc/definitions.js';
import type { Load, Outcome, Sender } from './load.js';

const { Predictions } = inferenceApi.types.org.pytorch.serve.grpc.inference.InferenceAPIsService.service;
/** A flag for compression and the length go before each message. */
const prefixBytes = 5;

/**
 * One HTTP/2 connection on which `Predictions` is called with the body as input `data`. A gRPC client would cost more
 * than the server that it measures, so the frames are made here; the messages are the real ones.
 */
export class GrpcSender implements Sender {
  readonly #address: string;
  readonly #headers: OutgoingHttpHeaders;
  readonly #frame: Buffer;
  readonly #timeoutMs: number;
  #session: ClientHttp2Session | null = null;

  constructor(load: Load, body: Buffer) {
    this.#address = `http://${load.address}`;
    this.#headers = {
      ...load.headers,
      ':method': 'POST',
      ':path': Predictions.path,
      'content-type': 'application/grpc',
      te: 'trailers',
    };
    const message = Predictions.requestSerialize({ modelName: load.model, input: { data: body } });
    this.#frame = Buffer.alloc(prefixBytes + message.length);
    this.#frame.writeUInt32BE(message.length, 1);
    message.copy(this.#frame, prefixBytes);
    this.#timeoutMs = load.timeoutSeconds * 1000;
  }

  send(ended: (outcome: Outcome) => void): void {
    const call = new Call(this.#connection().request(this.#headers), this.#timeoutMs, ended);
    call.write(this.#frame);
  }

  close(): void {
    this.#session?.destroy();
  }

  /** A connection that was lost is made anew for the next call. */
  #connection(): ClientHttp2Session {
    if (this.#session && !this.#session.closed && !this.#session.destroyed) return this.#session;
    const session = connect(this.#address, { settings: { initialWindowSize: 1 << 20 } });
    // Calls on it hear of it themselves.
    session.on('error', () => {});
    this.#session = session;
    return session;
  }
}

/** One call, from its request to its trailers. */
class Call {
  readonly #stream: ClientHttp2Stream;
  #status = '';
  #text = '';
  #bytes = 0;
  #firstByte = Number.NaN;

  constructor(stream: ClientHttp2Stream, timeoutMs: number, ended: (outcome: Outcome) => void) {
    this.#stream = stream;
    stream.setTimeout(timeoutMs, () => {
      this.#status = 'timeout';
      stream.close();
    });
    // A call that fails has its status in the headers already.
    for (const event of ['response', 'trailers'] as const) stream.on(event, (headers) => this.#hear(headers));
    stream.on('data', (data: Buffer) => {
      if (this.#bytes === 0) this.#firstByte = performance.now();
      this.#bytes += data.length;
    });
    stream.on('error', (error) => {
      this.#text ||= error.message;
    });
    stream.once('close', () => ended(this.#outcome()));
  }

  write(frame: Buffer): void {
    this.#stream.end(frame);
  }

  #hear(headers: Readonly<Record<string, unknown>>): void {
    const code = headers['grpc-status'];
    if (code === undefined) return;
    this.#status = status[Number(code)] ?? String(code);
    this.#text = decodeURIComponent(String(headers['grpc-message'] ?? ''));
  }

  #outcome(): Outcome {
    const ok = this.#status === 'OK';
    return {
      ok,
      status: this.#status || 'UNAVAILABLE',
      firstByte: this.#firstByte,
      pieces: ok ? 1 : 0,
      bytes: Math.max(0, this.#bytes - prefixBytes),
      text: ok ? '' : this.#text,
    };
  }
}
