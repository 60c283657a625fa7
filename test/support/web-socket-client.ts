import { once } from 'node:events';
import { type ClientOptions, WebSocket } from 'ws';

/** A message as it came. */
export type Received = { readonly text: string } | { readonly bytes: Buffer };

/** A WebSocket connection whose messages are read one after the other. */
export class WebSocketClient {
  readonly socket: WebSocket;
  readonly #received: Received[] = [];
  #wake: () => void = () => {};
  #closed: number | null = null;

  constructor(url: string, protocols: string[] = [], options: ClientOptions = {}) {
    this.socket = new WebSocket(url, protocols, options);
    this.socket.on('message', (data: Buffer, isBinary) => {
      this.#received.push(isBinary ? { bytes: data } : { text: data.toString() });
      this.#wake();
    });
    this.socket.on('error', () => {});
    this.socket.on('close', (code) => {
      this.#closed = code;
      this.#wake();
    });
  }

  /** Connects. @throws with the status and the body of the refusal. */
  static async connect(url: string, protocols: string[] = [], options: ClientOptions = {}): Promise<WebSocketClient> {
    const client = new WebSocketClient(url, protocols, options);
    await new Promise<void>((resolve, reject) => {
      client.socket.once('open', () => resolve());
      client.socket.once('error', reject);
      client.socket.once('unexpected-response', (_request, response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.on('end', () => reject(new Error(`${response.statusCode} ${Buffer.concat(pieces)}`)));
      });
    });
    return client;
  }

  send(message: string | Uint8Array): this {
    this.socket.send(message);
    return this;
  }

  /** The next message, or the close code where the connection has ended. */
  async next(limitMs = 20_000): Promise<Received | { readonly closed: number }> {
    const deadline = Date.now() + limitMs;
    for (;;) {
      const message = this.#received.shift();
      if (message) return message;
      if (this.#closed !== null) return { closed: this.#closed };
      if (Date.now() > deadline) throw new Error(`no message came within ${limitMs} ms`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, deadline - Date.now() + 1);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** So many messages. */
  async take(count: number): Promise<unknown[]> {
    const taken: unknown[] = [];
    while (taken.length < count) taken.push(await this.next());
    return taken;
  }

  async close(): Promise<void> {
    if (this.#closed !== null) return;
    this.socket.close();
    await once(this.socket, 'close');
  }
}
