import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Server as SecureServer } from 'node:https';
import type { Socket } from 'node:net';

/** A request that asks to speak WebSocket from now on, and what Node handed over with it. */
export interface Upgrade {
  readonly socket: Socket;
  /** What the client sent already behind the request. */
  readonly head: Buffer;
  readonly response: ServerResponse;
}

/** Whether a request asks for WebSocket in earnest; whether in good form is checked at the handshake. */
export function asksForWebSocket({ method, headers }: IncomingMessage): boolean {
  return (
    method === 'GET' &&
    headers.upgrade?.toLowerCase() === 'websocket' &&
    headers['sec-websocket-key'] !== undefined &&
    headers['sec-websocket-version'] !== undefined
  );
}

/**
 * Serves a request whose wish for another protocol is not heeded as the plain one that it is as well: clients that
 * prefer HTTP/2 ask so with their first request, and mean it. Node stops to read HTTP at such a request, so that it is
 * put back into its socket without the wish.
 */
export function serveAsPlain(server: Server, request: IncomingMessage, socket: Socket, head: Buffer): void {
  const lines = [`${request.method} ${request.url} HTTP/${request.httpVersion}`];
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
    const name = request.rawHeaders[index] as string;
    const value = request.rawHeaders[index + 1] as string;
    const kept = name.toLowerCase() === 'connection' ? withoutUpgrade(value) : value;
    if (kept !== null) {
      lines.push(`${name}: ${kept}`);
    }
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  server.emit(server instanceof SecureServer ? 'secureConnection' : 'connection', socket);
}

function withoutUpgrade(connection: string): string | null {
  const kept = connection.split(',').filter((option) => option.trim().toLowerCase() !== 'upgrade');
  return kept.length === 0 ? null : kept.join(',');
}
