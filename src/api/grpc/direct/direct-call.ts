import type { Http2Session, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { Metadata, type sendUnaryData, status } from '@grpc/grpc-js';
import { longestTimerMs } from '../../../batching/longest-timer.js';
import { remoteText } from '../../remote-text.js';
import { CallRecord, type CallRecordOptions } from '../call-record.js';
import { carryTrace, nameTrace, type TraceCarrier } from '../call-trace.js';
import type { UnaryCall, UnaryHandler } from '../method.js';
import { prefixLength, RequestMessage, UnreadableRequest } from './request-message.js';
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

/** How a call ends. */
interface End {
  readonly code: status;
  readonly details: string;
  readonly metadata?: Metadata | null;
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
    if (refusal !== null) this.#end(refusal);
    else if (timeout === null) this.#end({ code: status.INTERNAL, details: `Invalid grpc-timeout value "${sent}"` });
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
      this.#message.drop();
    } catch (error) {
      this.#refuse(error);
      return;
    }
    this.#method.handle(this, this.#respond);
  }

  readonly #respond: sendUnaryData<object> = (error, message, trailers) => {
    if (this.#isSettled) return;
    if (error === null) this.#send(message as object, trailers);
    else {
      const { code = status.UNKNOWN, details = '', metadata = null } = error;
      this.#end({ code, details, metadata });
    }
  };

  #send(message: object, trailers: Metadata | undefined): void {
    let framed: Buffer;
    try {
      framed = withPrefix(this.#method.serialize(message));
    } catch {
      this.#end({ code: status.INTERNAL, details: 'Error serializing response' });
      return;
    }
    const size = framed.length - prefixLength;
    const { maxResponseSize } = this.#options;
    if (size > maxResponseSize) {
      const details = `Sent message larger than max (${size} vs. ${maxResponseSize})`;
      this.#end({ code: status.RESOURCE_EXHAUSTED, details });
      return;
    }
    if (!this.#settle()) return;
    this.#stream.respond(head, { waitForTrailers: true });
    this.#stream.once('wantTrailers', () => {
      this.#stream.sendTrailers(this.#ending({ code: status.OK, details: '', metadata: trailers ?? null }));
    });
    this.#stream.end(framed);
  }

  #refuse(error: unknown): void {
    if (error instanceof UnreadableRequest) this.#end({ code: error.code, details: error.message });
    else this.#end({ code: status.INTERNAL, details: 'Error deserializing request' });
  }

  #expire(): void {
    this.#end({ code: status.DEADLINE_EXCEEDED, details: 'Deadline exceeded' });
    this.#leave();
  }

  /** The call ends without a message. */
  #end(end: End): void {
    if (this.#settle()) this.#stream.respond({ ...headAlone, ...this.#ending(end) }, { endStream: true });
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
  #ending({ code, details, metadata }: End): Record<string, number | string | string[]> {
    this.#record.end(code);
    const trailers = metadata ?? new Metadata();
    if (this.#record.trace !== null) nameTrace(trailers, this.#record.trace);
    return {
      'grpc-status': code,
      ...(details !== '' && { 'grpc-message': encodeURI(details) }),
      ...(trailers.toHttp2Headers() as Record<string, string | string[]>),
    };
  }
}

function withPrefix(message: Buffer): Buffer {
  const framed = Buffer.allocUnsafe(prefixLength + message.length);
  framed[0] = 0;
  framed.writeUInt32BE(message.length, 1);
  message.copy(framed, prefixLength);
  return framed;
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
