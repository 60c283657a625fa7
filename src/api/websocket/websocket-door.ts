import { WebSocketServer } from 'ws';
import { z } from 'zod';
import type { Config } from '../../config/config.js';
import { type SequenceHeaderKeys, type SequenceHeaders, sequenceHeadersOf } from '../../config/sequence-headers.js';
import type { CallTrace } from '../../observability/tracing/tracing.js';
import type { Serving, Target } from '../../serving/serving.js';
import { timeLimit } from '../../workers/time-limit.js';
import { handlerHeaders } from '../codec/handler-headers.js';
import type { Exchange } from '../http/exchange.js';
import { checkParameters, text } from '../http/request-parameters.js';
import type { Upgrade } from '../http/upgrade.js';
import { Conversation } from './conversation.js';
import { defaultMessages, subprotocols } from './conversation-messages.js';

/** The keys of the configuration that the door obeys. */
export type WebSocketConfig = Pick<
  Config,
  'maxRequestSize' | 'streamStallTimeout' | 'websocketPingInterval' | keyof SequenceHeaderKeys
>;

/** What a client may say in the query of the address that it connects to. */
export const connectParameters = z.object({
  content_type: text(
    'Media type of the messages, by which handlers get them as bytes, text or JSON; else `text/plain` of text and `application/octet-stream` of binary ones.',
  ).optional(),
});

/** What the messages of a connection become requests with. */
export interface MessageTerms {
  readonly target: Target;
  /** Whether the handshake carries a token of this server, which models must not see. */
  readonly stripAuthorization: boolean;
  /** Headers that handlers see with each message, as name, value, ... */
  readonly injected: readonly string[];
  /** Begins the trace of one message; undefined: they are not traced. */
  readonly beginTrace: (() => CallTrace) | undefined;
}

/** The headers of a handshake say nothing of the messages. */
const ofTheHandshake = /^(connection|upgrade|sec-websocket-.*)$/i;

/** Turns requests for a model into WebSocket conversations with it, and knows all that are going on. */
export class WebSocketDoor {
  readonly #server: WebSocketServer;
  readonly #config: WebSocketConfig;
  readonly #serving: Serving;
  readonly #conversations = new Set<Conversation>();

  constructor(config: WebSocketConfig, serving: Serving) {
    this.#config = config;
    this.#serving = serving;
    this.#server = new WebSocketServer({
      noServer: true,
      maxPayload: config.maxRequestSize,
      perMessageDeflate: false,
      clientTracking: false,
      handleProtocols: (offered) => [...offered].find((name) => Object.hasOwn(subprotocols, name)) ?? false,
    });
  }

  /**
   * Takes a connection over from HTTP.
   * @throws ServingError modelNotFound, versionNotFound, badRequest.
   */
  open(exchange: Exchange, upgrade: Upgrade, terms: MessageTerms): void {
    const { target, stripAuthorization, injected, beginTrace } = terms;
    const { content_type: contentType = null } = checkParameters(connectParameters, exchange.query.toObject());
    const [version] = this.#serving.describe(target);
    const { request } = exchange;
    const sequence = version?.stateful ? sequenceHeadersOf(this.#config) : null;
    upgrade.response.detachSocket(upgrade.socket);
    this.#server.handleUpgrade(request, upgrade.socket, upgrade.head, (socket) => {
      exchange.switched();
      const conversation = new Conversation(socket, {
        serving: this.#serving,
        target,
        contentType,
        headersOf: (bytes) => ofMessages(handlerHeaders(request, bytes, stripAuthorization, injected), sequence),
        messages: subprotocols[socket.protocol] ?? defaultMessages,
        sequence,
        stallMs: this.#config.streamStallTimeout * 1000,
        pingMs: this.#config.websocketPingInterval * 1000,
        beginTrace,
        shown: (error, requestId) => exchange.document(error, requestId),
      });
      this.#conversations.add(conversation);
      void conversation.over.then(() => this.#conversations.delete(conversation));
    });
  }

  /** Lets what was asked be answered, for up to the grace (ms), and ends every conversation. */
  async close(graceMs: number): Promise<void> {
    const conversations = [...this.#conversations];
    for (const conversation of conversations) conversation.close();
    await timeLimit(Promise.all(conversations.map(({ over }) => over)), graceMs);
    for (const conversation of this.#conversations) conversation.terminate();
  }
}

/** What remains of the headers of a handshake for its messages: a client cannot speak for another sequence than its own. */
function ofMessages(headers: readonly string[], sequence: SequenceHeaders | null): string[] {
  const taken: readonly string[] = sequence ? Object.values(sequence) : [];
  return headers.filter((_, index) => {
    const name = headers[index - (index % 2)] as string;
    return !ofTheHandshake.test(name) && !taken.includes(name);
  });
}
