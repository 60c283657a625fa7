import { randomUUID } from 'node:crypto';
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Answer, Inference } from '../../batching/inference.js';
import { ServingError } from '../../errors/serving-error.js';
import type { AccessRecord, Logger } from '../../observability/logging/logging.js';
import type { CallTrace } from '../../observability/tracing/tracing.js';
import type { BodyStore, StoredBody } from '../../workers/shared-memory/body-store.js';
import { acceptsEvents, eventStreamType, isEventStream } from '../codec/event-stream.js';
import { jsonDocument } from '../codec/json-document.js';
import { Query } from '../codec/query.js';
import { ClientGone, readBody, storeBody } from '../codec/request-body.js';
import { remoteText } from '../remote-text.js';
import { type Framing, headerBlock } from './envelope.js';
import { type ErrorFormat, isSendable, torchServeErrors } from './error-format.js';
import { type PieceFormat, pieceEvents, plainPieces, writeResult } from './result-stream.js';
import type { Upgrade } from './upgrade.js';

/** Bodies up to this size go out together with their head. */
const oneWriteBytes = 4096;

/** What all requests of a listener have in common. */
export interface ExchangeSettings {
  /** Access-control headers as name, value, .... */
  readonly cors: readonly string[];
  /** Bytes of a request body that are taken. */
  readonly maxRequestSize: number;
  /** Bytes of an answer of a handler that are passed on. */
  readonly maxResponseSize: number;
  /** How long the reader of a streamed answer may take nothing, in ms; 0: for ever. */
  readonly streamStallMs: number;
  /** Told of every response. */
  readonly access: (record: AccessRecord) => void;
  /** Told of defects of ours: the client got a neutral message. */
  readonly log: Logger;
  /** Told the status of every response. */
  readonly onResponse: (status: number) => void;
  /** True while the listener is closing: connections end with their next response. */
  readonly closing: boolean;
}

/** A request on its way through the router, which may have been told something else than the client said. */
export interface RoutedRequest extends IncomingMessage {
  originalMethod?: string | undefined;
  originalUrl?: string;
}

/** Names, as the router found them in the path. */
export type PathNames = Readonly<Record<string, string | undefined>>;

/** One request and the one response to it. */
export class Exchange {
  /** Shown to the client as x-request-id and to the handler as its request id. */
  readonly id = randomUUID();
  readonly request: RoutedRequest;
  readonly names: PathNames;
  /** What a client needs that asks to speak WebSocket from here on; null: it does not. */
  readonly upgrade: Upgrade | null;
  /** undefined where it is not traced. */
  readonly trace: CallTrace | undefined;
  /** How its errors are written. */
  errors: ErrorFormat = torchServeErrors;
  readonly #response: ServerResponse;
  readonly #settings: ExchangeSettings;
  /** Milliseconds since the epoch at which the request had arrived as a whole. */
  #arrived = Date.now();
  #query: Query | undefined;
  #awaits100: boolean;

  constructor(
    request: RoutedRequest,
    response: ServerResponse,
    names: PathNames,
    settings: ExchangeSettings,
    upgrade: Upgrade | null = null,
    trace?: CallTrace,
  ) {
    this.request = request;
    this.names = names;
    this.upgrade = upgrade;
    this.trace = trace;
    this.#response = response;
    this.#settings = settings;
    this.#awaits100 = request.headers.expect !== undefined && request.httpVersionMinor > 0;
    if (trace !== undefined) response.once('close', () => this.#endTrace(trace));
  }

  get method(): string {
    return this.request.originalMethod ?? this.request.method ?? 'GET';
  }

  /** The request target as it was received. */
  get target(): string {
    return this.request.originalUrl ?? this.request.url ?? '';
  }

  /** @throws ServingError illegalArgument for a malformed escape. */
  get query(): Query {
    this.#query ??= Query.of(this.target);
    return this.#query;
  }

  /** The value that the router found for a name of the path. */
  name(key: string): string {
    return this.names[key] ?? '';
  }

  /** Collects the body. @throws ServingError tooLarge; ClientGone. */
  async body(): Promise<Buffer> {
    this.#askForBody();
    return this.#whole(await readBody(this.request, this.#settings.maxRequestSize));
  }

  /** The same, into a store where it is large: whoever asked holds it then, and releases it. */
  async storedBody(store: BodyStore): Promise<Buffer | StoredBody> {
    this.#askForBody();
    return this.#whole(await storeBody(this.request, this.#settings.maxRequestSize, store));
  }

  /** Answers with a JSON document. */
  sendJson(status: number, document: unknown, own: readonly string[] = ['content-type', 'application/json']): void {
    this.sendText(status, jsonDocument(document), own);
  }

  /** Answers with a text. @param own headers as name, value, ... */
  sendText(status: number, text: string, own: readonly string[]): void {
    this.#send(status, undefined, own, Buffer.from(text));
  }

  /** Answers without a body: a preflight. */
  sendEmpty(status: number): void {
    this.#send(status, undefined, [], Buffer.alloc(0));
  }

  /** Waits for an inference and answers with what came of it; a caller who hangs up cancels it. */
  async sendInference(inference: Inference): Promise<void> {
    await this.sendAnswer(await this.wait(inference));
  }

  /** Waits for an inference; a caller who hangs up cancels it. */
  wait(inference: Inference): Promise<Answer> {
    const response = this.#response;
    response.once('close', () => {
      if (!response.writableFinished) {
        inference.cancel();
      }
    });
    if (response.destroyed) {
      inference.cancel();
    }
    return inference.answer;
  }

  /** Answers with what a handler gave. @throws ServingError internal where it is too large, or cannot be sent. */
  async sendAnswer(answer: Answer): Promise<void> {
    const isStream = answer.rest !== undefined;
    const asEvents =
      acceptsEvents(this.request.headers.accept) && (isStream || answer.status < 400) && answer.status !== 204;
    if (asEvents && !isEventStream(answer.headers)) {
      await this.sendPieces({ ...answer, headers: withContentType(answer.headers, eventStreamType) }, pieceEvents);
    } else if (isStream) {
      await this.sendPieces(answer, plainPieces);
    } else {
      this.sendWhole(answer);
    }
  }

  /** The same, as it is. */
  sendWhole(answer: Answer): void {
    this.#mustFit(answer);
    this.#send(answer.status, answer.phrase, answer.headers, answer.body);
  }

  /** The same, each piece as the format has it. */
  async sendPieces(answer: Answer, format: PieceFormat): Promise<void> {
    this.#mustFit(answer);
    const framing = this.request.httpVersionMinor === 0 ? 'until-close' : 'chunked';
    this.#head(answer.status, answer.phrase, answer.headers, framing);
    await writeResult(this.#response, {
      pieces: piecesOf(answer),
      format,
      stallMs: this.#settings.streamStallMs,
      shown: (error) => this.#shown(error).document,
    });
  }

  /** Answers with an error; after the head of a stream has gone, ends the connection in its place. */
  fail(error: unknown): void {
    const response = this.#response;
    if (response.destroyed || response.headersSent || error instanceof ClientGone) {
      response.destroy();
      return;
    }
    const { status, document } = this.#shown(error);
    this.sendJson(isSendable(status) ? status : 500, document);
  }

  /** What the client of a conversation is told of an error; the log gets what is a defect of the server. */
  document(error: unknown, requestId: string): { code: number; type: string; message: string } {
    return torchServeErrors(this.#served(error, requestId)).document;
  }

  /** The connection was taken over from HTTP. */
  switched(): void {
    this.#report(101);
  }

  #askForBody(): void {
    if (this.#awaits100 && Number(this.request.headers['content-length'] ?? 0) <= this.#settings.maxRequestSize) {
      this.#response.writeContinue();
      this.#awaits100 = false;
    }
  }

  #whole<T>(body: T): T {
    this.#arrived = Date.now();
    return body;
  }

  #mustFit({ body }: Answer): void {
    const { maxResponseSize } = this.#settings;
    if (body.length <= maxResponseSize) return;
    throw new ServingError(
      'internal',
      `The answer of the model is larger than ${maxResponseSize} bytes, the max_response_size of this server.`,
    );
  }

  #shown(error: unknown) {
    return this.errors(this.#served(error, this.id));
  }

  #served(error: unknown, requestId: string): ServingError {
    return error instanceof ServingError ? error : this.#ownDefect(error, requestId);
  }

  #ownDefect(error: unknown, requestId: string): ServingError {
    this.#settings.log.error(`${this.method} ${this.target} failed by a defect of the server`, { requestId, error });
    return new ServingError('internal', `The server failed to handle the request; its log tells more of ${requestId}.`);
  }

  #endTrace(trace: CallTrace): void {
    const { headersSent, statusCode, writableFinished } = this.#response;
    if (!headersSent) trace.end({}, 'The caller has gone.');
    else if (!writableFinished) trace.end({ 'http.response.status_code': statusCode }, 'The answer was cut.');
    else trace.answered(statusCode);
  }

  #send(status: number, phrase: string | undefined, own: readonly string[], body: Uint8Array): void {
    if (this.#response.destroyed) {
      return;
    }
    const bodiless = status === 204 || status === 304;
    this.#head(status, phrase, own, bodiless ? 'none' : { length: body.length });
    if (bodiless) this.#response.end();
    else if (body.length > oneWriteBytes) this.#response.end(body);
    // Node joins a head and a text to one write, but writes a buffer by itself.
    else this.#response.end(Buffer.from(body.buffer, body.byteOffset, body.length).toString('latin1'), 'latin1');
  }

  #head(status: number, phrase: string | undefined, own: readonly string[], framing: Framing): void {
    const response = this.#response;
    if (!isSendable(status)) {
      throw new ServingError('internal', `The handler answered with status ${status}; HTTP takes 200 to 999.`);
    }
    const stays = response.shouldKeepAlive && !this.#settings.closing && !this.#awaits100 && framing !== 'until-close';
    response.sendDate = false;
    const told = this.trace === undefined ? own : [...own, 'traceparent', this.trace.traceparent];
    const block = headerBlock(this.id, told, this.#settings.cors, framing, stays ? 'keep-alive' : 'close');
    try {
      response.writeHead(status, phrase ?? STATUS_CODES[status] ?? '', block);
    } catch (error) {
      throw new ServingError(
        'internal',
        `The handler set something that HTTP cannot carry: ${(error as Error).message}.`,
      );
    }
    this.#report(status);
  }

  #report(status: number): void {
    this.#settings.onResponse(status);
    this.#settings.access({
      remote: remoteText(this.request.socket),
      method: this.method,
      uri: this.target,
      protocol: `HTTP/${this.request.httpVersion}`,
      status,
      milliseconds: Date.now() - this.#arrived,
      requestId: this.id,
    });
  }
}

/** Every piece of an answer, the first one too. */
async function* piecesOf({ body, rest }: Answer): AsyncIterable<Uint8Array> {
  yield body;
  if (rest !== undefined) yield* rest;
}

function withContentType(headers: readonly string[], type: string): string[] {
  const others = headers.filter((_, index) => headers[index - (index % 2)]?.toLowerCase() !== 'content-type');
  return ['content-type', type, ...others];
}
