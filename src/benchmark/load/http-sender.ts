import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { HttpAnswer } from './http-answer.js';
import type { Load, Outcome, Sender } from './load.js';

/** One kept-alive HTTP/1.1 connection, which is opened with the first request and again after it broke. */
export class HttpSender implements Sender {
  readonly #url: URL;
  readonly #head: Buffer;
  readonly #body: Buffer;
  readonly #timeoutMs: number;
  #socket: Socket | null = null;
  #answer: HttpAnswer | null = null;
  #ended: ((outcome: Outcome) => void) | null = null;

  constructor(load: Load, body: Buffer) {
    this.#url = new URL(load.address);
    const headers = Object.entries(load.headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const lines = `host: ${this.#url.host}\r\ncontent-length: ${body.length}\r\n${headers.join('')}`;
    this.#head = Buffer.from(`POST ${this.#url.pathname}${this.#url.search} HTTP/1.1\r\n${lines}\r\n`, 'latin1');
    // A short request is one packet; a long body is not copied.
    this.#body = body.length <= 16_384 ? Buffer.concat([this.#head, body]) : body;
    this.#timeoutMs = load.timeoutSeconds * 1000;
  }

  send(ended: (outcome: Outcome) => void): void {
    this.#ended = ended;
    this.#answer = new HttpAnswer();
    const socket = this.#socket ?? this.#open();
    if (this.#body.length > 16_384 + this.#head.length) {
      socket.cork();
      socket.write(this.#head);
      socket.write(this.#body);
      socket.uncork();
    } else socket.write(this.#body);
  }

  close(): void {
    this.#socket?.destroy();
  }

  #open(): Socket {
    const { hostname, port, protocol } = this.#url;
    const host = hostname.replace(/^\[|\]$/g, '');
    const socket =
      protocol === 'https:'
        ? connectTls({ host, port: Number(port || 443), rejectUnauthorized: false, servername: host })
        : connect({ host, port: Number(port || 80), noDelay: true });
    this.#socket = socket;
    socket.setTimeout(this.#timeoutMs, () => this.#broken(socket, 'timeout'));
    socket.on('data', (data) => this.#received(socket, data));
    socket.on('error', (error: NodeJS.ErrnoException) => this.#broken(socket, error.code ?? 'error'));
    socket.on('close', () => {
      if (this.#socket === socket && this.#answer?.endsWithConnection) this.#finish();
      else this.#broken(socket, 'closed');
    });
    return socket;
  }

  #received(socket: Socket, data: Buffer): void {
    const answer = this.#answer;
    if (!answer || this.#socket !== socket) return;
    try {
      answer.feed(data);
    } catch (error) {
      this.#broken(socket, error instanceof Error ? error.message : String(error));
      return;
    }
    if (!answer.complete) return;
    if (answer.closes) this.#drop(socket);
    this.#finish();
  }

  #finish(): void {
    const answer = this.#answer;
    const ended = this.#ended;
    this.#answer = null;
    this.#ended = null;
    if (!answer) return;
    const { status, firstByte, pieces, bytes, text } = answer;
    ended?.({ ok: status === 200, status: String(status), firstByte, pieces, bytes, text });
  }

  #broken(socket: Socket, status: string): void {
    if (this.#socket !== socket) return;
    this.#drop(socket);
    const ended = this.#ended;
    this.#answer = null;
    this.#ended = null;
    ended?.({ ok: false, status, firstByte: Number.NaN, pieces: 0, bytes: 0, text: '' });
  }

  #drop(socket: Socket): void {
    this.#socket = null;
    socket.destroy();
  }
}
