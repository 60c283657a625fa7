import { randomUUID } from 'node:crypto';
import type { RawData, WebSocket } from 'ws';
import type { Answer, Inference } from '../../batching/inference.js';
import { newSequenceId } from '../../batching/sequence-words.js';
import type { SequenceHeaders } from '../../config/sequence-headers.js';
import { ServingError } from '../../errors/serving-error.js';
import type { CallTrace } from '../../observability/tracing/tracing.js';
import type { Serving, Target } from '../../serving/serving.js';
import { timeLimit } from '../../workers/time-limit.js';
import type { ErrorDocument, Outgoing, ResultMessages } from './conversation-messages.js';

/** What a conversation works with. */
export interface ConversationParts {
  readonly serving: Serving;
  readonly target: Target;
  /** Media type of every message; null: `text/plain` of text, `application/octet-stream` of binary ones. */
  readonly contentType: string | null;
  /** The headers that handlers see of a message of so many bytes. */
  readonly headersOf: (bytes: number) => readonly string[];
  readonly messages: ResultMessages;
  /** How a stateful model is told of the sequence that the connection is; null where the model has none. */
  readonly sequence: SequenceHeaders | null;
  /** How long the client may take nothing of what it is sent, in ms; 0: for ever. */
  readonly stallMs: number;
  /** How often the client has to show that it is there, in ms; 0: never. */
  readonly pingMs: number;
  /** Begins the trace of one message; undefined: they are not traced. */
  readonly beginTrace: (() => CallTrace) | undefined;
  /** What is said of an error. */
  readonly shown: (error: unknown, requestId: string) => ErrorDocument;
}

interface Message {
  readonly value: Buffer;
  readonly kind: 'text' | 'binary';
}

/** Requests of one connection that may be unanswered; more wait in the client's socket. */
const mostOpen = 64;

/** Close codes of RFC 6455. */
const goingAway = 1001;

/**
 * One WebSocket connection to one model. Each message is a request; results are sent in the order of the requests. What
 * fails is answered by a message, and the conversation goes on. With the connection everything under way ends.
 */
export class Conversation {
  /** Resolves when the connection is gone. */
  readonly over: Promise<void>;
  readonly #socket: WebSocket;
  readonly #parts: ConversationParts;
  readonly #waiting: Message[] = [];
  readonly #inferences = new Set<Inference>();
  readonly #sequenceId = newSequenceId();
  readonly #pings: NodeJS.Timeout | undefined;
  #asked = 0;
  /** The model has taken a message that began the sequence. */
  #begun = false;
  #open = 0;
  #answered: Promise<void> = Promise.resolve();
  #closing = false;
  #isThere = true;

  constructor(socket: WebSocket, parts: ConversationParts) {
    this.#socket = socket;
    this.#parts = parts;
    this.over = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('message', (data, isBinary) => {
      this.#waiting.push({ value: whole(data), kind: isBinary ? 'binary' : 'text' });
      this.#ask();
    });
    // What went wrong is in the close code that ws sends; the end itself is heard of below.
    socket.on('error', () => {});
    socket.once('close', () => this.#end());
    this.#pings = parts.pingMs > 0 ? this.#keepAlive(parts.pingMs) : undefined;
  }

  /** Takes no further message, and closes the connection when what was asked is answered. */
  close(): void {
    this.#closing = true;
    this.#waiting.length = 0;
    this.#closeWhenDone();
  }

  /** Ends the connection at once. */
  terminate(): void {
    this.#socket.terminate();
  }

  #ask(): void {
    const most = this.#parts.sequence ? 1 : mostOpen;
    while (this.#open < most && !this.#closing) {
      const message = this.#waiting.shift();
      if (!message) break;
      this.#open += 1;
      const request = this.#asked++;
      const requestId = randomUUID();
      const before = this.#answered;
      this.#answered = this.#answer(message, request, requestId, before).finally(() => {
        this.#open -= 1;
        this.#ask();
        this.#closeWhenDone();
      });
    }
    if (this.#open >= most) {
      this.#socket.pause();
    } else if (this.#socket.isPaused) {
      // While it was paused, its pongs could not be heard.
      this.#isThere = true;
      this.#socket.resume();
    }
  }

  /** Never rejects. */
  async #answer(message: Message, request: number, requestId: string, before: Promise<void>): Promise<void> {
    const { messages, shown, beginTrace } = this.#parts;
    const trace = beginTrace?.();
    let status = 200;
    let inference: Inference | null = null;
    try {
      const outcome = this.#admit(message, requestId, trace);
      if ('answer' in outcome) {
        inference = outcome;
        this.#inferences.add(inference);
        // Looked at when its turn has come; until then a failure is nobody's oversight.
        inference.answer.catch(() => {});
      }
      await before;
      if (!('answer' in outcome)) throw outcome.failure;
      const answer = await outcome.answer;
      await this.#send(request, message.kind, trace ? withTrace(answer, trace) : answer);
      status = answer.status;
    } catch (error) {
      const document = shown(error, requestId);
      await this.#write(messages.error(request, document));
      status = document.code;
    } finally {
      if (this.#isOpen()) trace?.answered(status);
      else trace?.end({}, 'The caller has gone.');
      if (inference) {
        inference.cancel();
        this.#inferences.delete(inference);
      }
    }
  }

  #admit({ value, kind }: Message, requestId: string, trace: CallTrace | undefined): Inference | { failure: unknown } {
    const { serving, target, contentType, headersOf, sequence } = this.#parts;
    const media = contentType ?? (kind === 'text' ? 'text/plain' : 'application/octet-stream');
    const start = sequence && !this.#begun ? [sequence.start, 'true'] : [];
    const place = sequence ? [sequence.id, this.#sequenceId, ...start] : [];
    try {
      const inference = serving.infer(target, {
        requestId,
        parameters: [{ name: 'body', contentType: media, value }],
        headers: [...headersOf(value.length), ...place],
        trace,
      });
      this.#begun = true;
      return inference;
    } catch (failure) {
      return { failure };
    }
  }

  async #send(request: number, asked: Message['kind'], answer: Answer): Promise<void> {
    const { messages } = this.#parts;
    await this.#write(messages.first(request, answer, asked));
    if (answer.rest === undefined) return;
    for await (const piece of answer.rest) {
      if (!this.#isOpen()) return;
      if (piece.length > 0) await this.#write(messages.piece(request, answer, asked, piece));
    }
    await this.#write(messages.end(request, answer, asked));
  }

  /** Sends a message, and waits until it is on its way. A client that takes nothing for too long is cut off. */
  async #write(message: Outgoing): Promise<void> {
    if (!this.#isOpen()) return;
    const { stallMs } = this.#parts;
    const sent = new Promise<void>((resolve) => this.#socket.send(message, () => resolve()));
    if (stallMs === 0) await sent;
    else if ((await timeLimit(sent, stallMs)) === 'timed out') this.terminate();
  }

  #isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  #keepAlive(everyMs: number): NodeJS.Timeout {
    this.#socket.on('pong', () => {
      this.#isThere = true;
    });
    return setInterval(() => {
      // A socket that is paused hears no pong: its client waits for answers, or does not read them.
      if (!this.#isThere && !this.#socket.isPaused) this.terminate();
      this.#isThere = false;
      if (this.#isOpen()) this.#socket.ping();
    }, everyMs);
  }

  #closeWhenDone(): void {
    if (this.#closing && this.#open === 0) this.#socket.close(goingAway, 'The server is stopping.');
  }

  #end(): void {
    clearInterval(this.#pings);
    this.#closing = true;
    this.#waiting.length = 0;
    for (const inference of this.#inferences) inference.cancel();
    this.#endSequence();
  }

  /** A stateful model is told that nothing more comes, so that it can let go of what it keeps for the sequence. */
  #endSequence(): void {
    const { sequence, serving, target, headersOf } = this.#parts;
    if (!sequence || !this.#begun) return;
    try {
      const last = serving.infer(target, {
        requestId: randomUUID(),
        parameters: [{ name: 'body', contentType: 'application/octet-stream', value: Buffer.alloc(0) }],
        headers: [...headersOf(0), sequence.id, this.#sequenceId, sequence.end, 'true'],
      });
      last.answer.catch(() => {});
    } catch (error) {
      // Where the model is gone, or the sequence has ended already, there is nobody to tell.
      if (!(error instanceof ServingError)) throw error;
    }
  }
}

/** A result names its span among its headers, as over HTTP. */
function withTrace(answer: Answer, { traceparent }: CallTrace): Answer {
  return { ...answer, headers: [...answer.headers, 'traceparent', traceparent] };
}

function whole(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}
