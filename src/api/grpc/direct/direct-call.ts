import type { Http2Session, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { Metadata, type sendUnaryData, status } from '@grpc/grpc-js';
import { longestTimerMs } from '../../../batching/longest-timer.js';
import { remoteText } from '../../remote-text.js';
import { CallRecord, type CallRecordOptions } from '../call-record.js';
import { carryTrace, nameTrace, type TraceCarrier } from '../call-trace.js';
import { prefixLength, withPrefix } from '../length-prefix.js';
import type { UnaryCall, UnaryHandler } from '../method.js';
import { RequestMessage, UnreadableRequest } from './request-message.js';
import { timeoutMs } from './timeout.js';

/** What the calls of one server have in common. */
export interface DirectCallOptions {
  readonly records: CallRecordOptions;
  /** Bytes of a message, coming and going. */
  readonly maxRequestSize: number;
  readonly maxResponseSize: number;
}

/** A unary method, and how its messages are read and written. */
export interface DirectMethod {
  /** `/package.Service/Method` */
  readonly path: string;
  readonly deserialize: (bytes: Buffer) => unknown;
  readonly serialize: (message: object) => Buffer;
  readonly handle: UnaryHandler<unknown, object>;
}

/** As grpc-js begins answers that have no message, and those that have one. */
const headAlone = { ':status': 200, 'content-type': 'application/grpc+proto' };
const head = { ...headAlone, 'grpc-accept-encoding': 'identity,deflate,gzip', 'grpc-encoding': 'identity' };

/** A unary call, answered straight on its HTTP/2 stream. */
export class DirectCall implements UnaryCall<unknown> {
  request: unknown = null;
  cancelled = false;
  readonly #stream: ServerHttp2Stream;
  readonly #method: DirectMethod;
  readonly #options: DirectCallOptions;
  readonly #record: CallRecord;
  readonly #message: RequestMessage;
  #deadlineTimer: NodeJS.Timeout | undefined;
  #gone: (() => void) | null = null;
  /** The answer is on its way, or will never be. */
  #isSettled = false;

  constructor(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    method: DirectMethod,
    options: DirectCallOptions,
  ) {
    this.#stream = stream;
    this.#method = method;
    this.#options = options;
    this.#message = new RequestMessage(options.maxRequestSize);
    const sent = textOf(headers, 'grpc-timeout');
    const timeout = timeoutMs(sent);
    const deadline = Date.now() + (timeout ?? Number.POSITIVE_INFINITY);
    const facts = { method: method.path.slice(1), isUnknown: false, deadline, remote: remoteOf(stream.session) };
    this.#record = new CallRecord(facts, options.records);
    stream.on('data', (piece: Buffer) => this.#receive(piece));
    stream.once('end', () => this.#run());
    stream.once('close', () => this.#close());
    // Its 'close' follows, and tells all that there is to tell.
    stream.once('error', () => {});
    const refusal = this.#record.begin((name) => textOf(headers, name));
    if (refusal !== null) this.#end(refusal.code, refusal.details);
    else if (timeout === null) this.#end(status.INTERNAL, `Invalid grpc-timeout value "${sent}"`);
    else if (timeout <= longestTimerMs) this.#deadlineTimer = setTimeout(() => this.#expire(), timeout);
  }

  /** Carries the call's trace; methods read nothing else of it. */
  get metadata(): TraceCarrier {
    const metadata = new Metadata();
    carryTrace(metadata, this.#record.trace);
    return metadata;
  }

  getPath(): string {
    return this.#method.path;
  }

  once(_event: 'cancelled', gone: () => void): void {
    this.#gone = gone;
  }

  #receive(piece: Buffer): void {
    if (this.#isSettled) return;
    try {
      this.#message.add(piece);
    } catch (error) {
      this.#refuse(error);
    }
  }

  /** The caller has sent all, or hung up. */
  #run(): void {
    if (this.#isSettled || this.#stream.closed) return;
    try {
      this.request = this.#method.deserialize(this.#message.take());
    } catch (error) {
      this.#refuse(error);
      return;
    }
    this.#method.handle(this, this.#respond);
  }

  readonly #respond: sendUnaryData<object> = (error, message, trailers) => {
    if (this.#isSettled) return;
    if (error === null) this.#send(message as object, trailers);
    else this.#end(error.code ?? status.UNKNOWN, error.details ?? '', error.metadata);
  };

  #send(message: object, trailers: Metadata | undefined): void {
    let framed: Buffer;
    try {
      framed = withPrefix(this.#method.serialize(message));
    } catch {
      this.#end(status.INTERNAL, 'Error serializing response');
      return;
    }
    const size = framed.length - prefixLength;
    const { maxResponseSize } = this.#options;
    if (size > maxResponseSize) {
      this.#end(status.RESOURCE_EXHAUSTED, `Sent message larger than max (${size} vs. ${maxResponseSize})`);
      return;
    }
    if (!this.#settle()) return;
    this.#stream.respond(head, { waitForTrailers: true });
    this.#stream.once('wantTrailers', () => this.#stream.sendTrailers(this.#ending(status.OK, '', trailers)));
    this.#stream.end(framed);
  }

  #refuse(error: unknown): void {
    if (error instanceof UnreadableRequest) this.#end(error.code, error.message);
    else this.#end(status.INTERNAL, 'Error deserializing request');
  }

  #expire(): void {
    this.#end(status.DEADLINE_EXCEEDED, 'Deadline exceeded');
    this.#leave();
  }

  /** The call ends without a message. */
  #end(code: status, details: string, trailers?: Metadata | null): void {
    if (!this.#settle()) return;
    this.#stream.respond({ ...headAlone, ...this.#ending(code, details, trailers) }, { endStream: true });
  }

  /** Comes after every call, and before its answer where the caller hung up. */
  #close(): void {
    this.#record.over();
    if (this.#isSettled) return;
    this.#settle();
    this.#leave();
  }

  #leave(): void {
    this.cancelled = true;
    this.#gone?.();
  }

  /** @returns whether there is someone left to answer. */
  #settle(): boolean {
    this.#isSettled = true;
    this.#message.drop();
    clearTimeout(this.#deadlineTimer);
    return !this.#stream.destroyed && !this.#stream.closed;
  }

  /** What the answer ends with; from now on the call has ended. */
  #ending(
    code: status,
    details: string,
    trailers: Metadata | null | undefined,
  ): Record<string, number | string | string[]> {
    this.#record.end(code);
    const metadata = trailers ?? new Metadata();
    if (this.#record.trace !== null) nameTrace(metadata, this.#record.trace);
    return {
      'grpc-status': code,
      ...(details !== '' && { 'grpc-message': encodeURI(details) }),
      ...(metadata.toHttp2Headers() as Record<string, string | string[]>),
    };
  }
}

function textOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.at(-1) : value;
}

const remotes = new WeakMap<Http2Session, string>();

/** Asked once a connection: a session gives its socket away through a proxy, and that is slow. */
function remoteOf(session: Http2Session | undefined): string {
  if (session === undefined) return remoteText({});
  const known = remotes.get(session);
  if (known !== undefined) return known;
  const remote = remoteText(session.socket);
  remotes.set(session, remote);
  return remote;
}
