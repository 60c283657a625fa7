import { type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Address } from '../../config/address.js';
import { ServingError } from '../../errors/serving-error.js';
import type { Tracing } from '../../observability/tracing/tracing.js';
import { remoteText } from '../remote-text.js';
import { type Endpoint, type Handler, handlerFor, type Role } from './endpoint.js';
import { Exchange, type ExchangeSettings, type PathNames, type RoutedRequest } from './exchange.js';
import type { Gate } from './gate.js';
import { createHttpServer, MAX_HEADERS, MAX_REQUEST_LINE } from './http-server.js';
import { canonicalPath } from './path.js';
import { resourceNotFound } from './refusals.js';
import { beginMessageTrace, beginTrace } from './request-trace.js';
import { RequestsInFlight } from './requests-in-flight.js';
import { asksForWebSocket, serveAsPlain, type Upgrade } from './upgrade.js';

/** The method under which every path is known to the router; with it, Fastify looks for no body. */
const ROUTED_METHOD = 'GET';

/** Paths that the router knows and no client can ask for, since a blank ends a request target. */
const MALFORMED = '/ malformed';
const NO_PATH = '/ none';

/** What a listener works with. */
export interface ListenerSettings extends Omit<ExchangeSettings, 'closing'> {
  readonly address: Address;
  readonly roles: ReadonlySet<Role>;
  readonly endpoints: readonly Endpoint[];
  readonly gate: Gate;
  /** null: requests are not traced. */
  readonly tracing: Tracing | null;
  /** null: plain HTTP. */
  readonly tls: SecureContextOptions | null;
}

/** One bound address: the APIs that are served there, and every connection to it. */
export class Listener {
  readonly roles: ReadonlySet<Role>;
  readonly #app: FastifyInstance;
  readonly #settings: ListenerSettings;
  readonly #inFlight = new RequestsInFlight();
  readonly #sockets = new Set<Socket>();
  readonly #upgrades = new WeakMap<IncomingMessage, Upgrade>();
  /** True from the moment in which connections end with their next response. */
  closing = false;

  constructor(settings: ListenerSettings) {
    this.roles = settings.roles;
    this.#settings = settings;
    this.#app = fastify({
      serverFactory: (handler) => this.#createServer(handler),
      rewriteUrl: route,
      exposeHeadRoutes: false,
      return503OnClosing: false,
      // Longer ones never get here.
      routerOptions: { maxParamLength: MAX_REQUEST_LINE + MAX_HEADERS },
      // The server that is made here has an answer of its own.
      clientErrorHandler: () => {},
    });
    for (const endpoint of settings.endpoints) {
      this.#route(
        endpoint.path,
        this.#answer((exchange) => this.#serve(endpoint, exchange), isTraced(endpoint) ? endpoint.path : null),
      );
    }
    this.#route(MALFORMED, this.#answer(malformed));
    this.#app.setNotFoundHandler(this.#answer((exchange) => this.#serveNothing(exchange)));
  }

  /** Binds the address. @throws what Node says where it cannot. */
  async open(): Promise<void> {
    const { address } = this.#settings;
    await this.#app.listen(
      address.scheme === 'unix'
        ? { path: address.path, backlog: 1024 }
        : { host: address.host, port: address.port, backlog: 1024 },
    );
  }

  /** The port that was bound, which is of interest where the system chose it; null for a Unix socket. */
  get port(): number | null {
    const bound = this.#app.server.address();
    return typeof bound === 'object' && bound !== null ? (bound as AddressInfo).port : null;
  }

  get address(): Address {
    return this.#settings.address;
  }

  /** Stops accepting, lets requests in flight be answered, then ends every connection. Safe to call twice. */
  async close(graceMs: number): Promise<void> {
    this.closing = true;
    const closed = this.#app.close();
    const settled = this.#inFlight.settled();
    let timer: NodeJS.Timeout | undefined;
    const grace = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, graceMs);
    });
    await Promise.race([settled, grace]);
    clearTimeout(timer);
    for (const socket of this.#sockets) {
      socket.destroySoon();
    }
    setTimeout(() => {
      for (const socket of this.#sockets) {
        socket.destroy();
      }
    }, 500).unref();
    await closed;
  }

  #createServer(handler: (request: IncomingMessage, response: never) => void): Server {
    const { access, cors, onResponse, tls } = this.#settings;
    const server = createHttpServer(handler as never, {
      tls,
      cors,
      inFlight: this.#inFlight,
      onRefusal: (socket, status) => {
        onResponse(status);
        const remote = remoteText(socket);
        access({ remote, method: 'GET', uri: '/bad-request', protocol: 'HTTP/1.1', status, milliseconds: 0 });
      },
    });
    server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
      void this.#upgrade(server, request, socket, head);
    });
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    return server;
  }

  #route(url: string, handler: (request: FastifyRequest, reply: FastifyReply) => void): void {
    this.#app.route({ method: ROUTED_METHOD, url, handler });
  }

  /**
   * From the router's words to ours; Fastify has no part in the answer.
   * @param route under which it is traced; null: it is not.
   */
  #answer(handle: Handler, route: string | null = null) {
    const { access, cors, log, maxRequestSize, maxResponseSize, streamStallMs, onResponse } = this.#settings;
    const tracing = route === null ? null : this.#settings.tracing;
    const self = this;
    const settings = {
      access,
      cors,
      log,
      maxRequestSize,
      maxResponseSize,
      streamStallMs,
      onResponse,
      get closing() {
        return self.closing;
      },
    };
    return ({ raw, params }: FastifyRequest, reply: FastifyReply): void => {
      reply.hijack();
      const upgrade = this.#upgrades.get(raw) ?? null;
      this.#inFlight.begin(raw, reply.raw, upgrade?.socket);
      const traced = tracing !== null && route !== null && upgrade === null;
      const trace = traced ? beginTrace(tracing, raw, route) : undefined;
      const exchange = new Exchange(raw, reply.raw, params as PathNames, settings, upgrade, trace);
      void this.#attempt(exchange, handle);
    };
  }

  async #attempt(exchange: Exchange, handle: Handler): Promise<void> {
    try {
      refuseOversized(exchange);
      await handle(exchange);
    } catch (error) {
      exchange.fail(error);
    }
  }

  #serve(endpoint: Endpoint, exchange: Exchange): Promise<void> | void {
    const { names } = exchange;
    exchange.errors = endpoint.errors?.(names) ?? exchange.errors;
    const role = typeof endpoint.role === 'function' ? endpoint.role(names) : endpoint.role;
    if (this.#settings.gate.answersPreflight(exchange)) {
      return;
    }
    this.#settings.gate.admit(exchange, [role].flat(), endpoint.open === true);
    if (exchange.upgrade !== null) {
      return this.#switch(endpoint, exchange, exchange.upgrade);
    }
    return handlerFor(endpoint, exchange.method)(exchange);
  }

  #switch(endpoint: Endpoint, exchange: Exchange, upgrade: Upgrade): void {
    if (endpoint.converse === undefined) {
      throw new ServingError('badRequest', 'WebSocket is spoken at /predictions/{model_name}[/{model_version}] only.');
    }
    const { tracing } = this.#settings;
    const beginTrace = tracing ? () => beginMessageTrace(tracing, exchange.request, endpoint.path) : undefined;
    endpoint.converse(exchange, upgrade, beginTrace);
  }

  /** A request that would leave HTTP: it waits until those before it on the connection are answered. */
  async #upgrade(server: Server, request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    await this.#inFlight.wholeOnesSettled(socket);
    if (socket.destroyed) return;
    if (!asksForWebSocket(request)) {
      serveAsPlain(server, request, socket, head);
      return;
    }
    const response = new ServerResponse(request);
    // What does not become a conversation ends with its answer.
    response.shouldKeepAlive = false;
    response.once('finish', () => socket.end());
    response.assignSocket(socket);
    this.#upgrades.set(request, { socket, head, response });
    this.#app.routing(request, response);
  }

  #serveNothing(exchange: Exchange): void {
    if (this.#settings.gate.answersPreflight(exchange)) {
      return;
    }
    this.#settings.gate.admit(exchange, [...this.roles], false);
    throw resourceNotFound();
  }
}

/** Probes and scrapes come all day long and tell nothing. */
function isTraced({ role, path }: Endpoint): boolean {
  return role !== 'metrics' && path !== '/ping';
}

/**
 * Tells the router what to look up: the path in its canonical form, and one method for all. Which methods a path takes is
 * its endpoint's affair (most of them take any), and a body is read by the endpoint that wants it.
 */
function route(request: RoutedRequest): string {
  request.originalMethod = request.method;
  request.method = ROUTED_METHOD;
  try {
    return canonicalPath(request.url ?? '') ?? NO_PATH;
  } catch {
    return MALFORMED;
  }
}

/** Says what is wrong with a target that has a malformed escape. */
function malformed(exchange: Exchange): void {
  canonicalPath(exchange.target);
  throw resourceNotFound();
}

/** @throws ServingError badRequest where the request line or the headers are longer than allowed. */
function refuseOversized(exchange: Exchange): void {
  const { rawHeaders } = exchange.request;
  let headers = 0;
  for (const part of rawHeaders) {
    headers += part.length + 2;
  }
  const line = exchange.method.length + exchange.target.length + ' HTTP/1.1 '.length;
  if (line > MAX_REQUEST_LINE || headers > MAX_HEADERS) {
    throw new ServingError('badRequest', 'Invalid HTTP message.');
  }
}
