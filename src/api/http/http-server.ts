import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Socket } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import { errorTable } from '../../errors/table.js';
import { jsonDocument } from '../codec/json-document.js';
import { headerBlock } from './envelope.js';
import type { RequestsInFlight } from './requests-in-flight.js';
import { explainPlainHttp } from './tls.js';

/** Bytes of a request line that are taken. */
export const MAX_REQUEST_LINE = 4096;
/** Bytes of all headers together that are taken. */
export const MAX_HEADERS = 8192;

const SECOND = 1000;
const LINGER_MS = 2 * SECOND;

/** What happens on a connection outside of requests. */
export interface HttpServerSettings {
  readonly tls: SecureContextOptions | null;
  readonly cors: readonly string[];
  readonly inFlight: RequestsInFlight;
  /** Told of each message that could not be read and of what was answered. */
  readonly onRefusal: (socket: Socket, status: number) => void;
}

/** Makes the server of a listener: its limits, timeouts, and answers to what is no request. */
export function createHttpServer(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
  settings: HttpServerSettings,
): Server {
  const options: ServerOptions = {
    maxHeaderSize: MAX_REQUEST_LINE + MAX_HEADERS,
    // Clients without a Host are served, as by TorchServe.
    requireHostHeader: false,
    headersTimeout: 60 * SECOND,
    requestTimeout: 300 * SECOND,
    keepAliveTimeout: 72 * SECOND,
    connectionsCheckingInterval: 5 * SECOND,
    noDelay: true,
  };
  let server: Server;
  if (settings.tls === null) {
    server = createServer(options, handler);
  } else {
    const secure = createSecureServer({ ...options, ...settings.tls }, handler);
    explainPlainHttp(secure);
    server = secure;
  }
  // Their size is limited; a limit to their number would drop the rest in silence.
  server.maxHeadersCount = 0;
  // The interim answer is sent when somebody wants the body, so that a refused request never sends one.
  server.on('checkContinue', handler);
  server.on('checkExpectation', (_request: IncomingMessage, response: ServerResponse) => {
    response.sendDate = false;
    response.writeHead(417, ['content-length', '0', 'connection', response.shouldKeepAlive ? 'keep-alive' : 'close']);
    response.end();
  });
  const refused = new WeakSet<Socket>();
  server.on('clientError', (error: NodeJS.ErrnoException, stream) => {
    const socket = stream as Socket;
    if (refused.has(socket)) {
      return;
    }
    refused.add(socket);
    socket.on('error', () => {});
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    // Answers to requests that came before on the same connection go first.
    void settings.inFlight.wholeOnesSettled(socket).then((isAnswered) => {
      if (isAnswered || !socket.writable) {
        socket.destroy();
      } else {
        refuse(socket, error, settings);
      }
    });
  });
  return server;
}

/** Says why a message could not be read, and ends the connection in good order. */
function refuse(socket: Socket, error: NodeJS.ErrnoException, settings: HttpServerSettings): void {
  const late = error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
  const { status, type } = late ? errorTable.timedOut : errorTable.badRequest;
  const message = late ? 'The request did not arrive in time.' : 'Invalid HTTP message.';
  const body = jsonDocument({ code: status, type, message });
  const block = headerBlock(
    randomUUID(),
    ['content-type', 'application/json'],
    settings.cors,
    { length: Buffer.byteLength(body) },
    'close',
  );
  const lines = [`HTTP/1.1 ${status} ${late ? 'Request Timeout' : 'Bad Request'}`];
  for (let index = 0; index < block.length; index += 2) {
    lines.push(`${block[index]}: ${block[index + 1]}`);
  }
  settings.onRefusal(socket, status);
  socket.setTimeout(LINGER_MS, () => socket.destroy());
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
}
