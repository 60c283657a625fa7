import { connect, type NetConnectOpts, type Socket } from 'node:net';

/** A response as it was on the wire. */
export interface RawResponse {
  /** `HTTP/1.1 200 ` */
  readonly statusLine: string;
  readonly status: number;
  /** Name and value, in order and spelling. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
  /** Whether the body ended as its framing said. */
  readonly complete: boolean;
}

/** A connection on which bytes are written as they are, and responses are read as they come. */
export class RawConnection {
  readonly socket: Socket;
  /** True once the other end has ended or dropped the connection. */
  ended = false;
  #bytes = Buffer.alloc(0);
  #wake: () => void = () => {};

  constructor(target: NetConnectOpts | Socket) {
    this.socket = 'write' in target ? target : connect(target);
    this.socket.on('data', (piece: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, piece]);
      this.#wake();
    });
    for (const event of ['end', 'error', 'close']) {
      this.socket.on(event, () => {
        this.ended = true;
        this.#wake();
      });
    }
  }

  write(text: string | Buffer): this {
    this.socket.write(text);
    return this;
  }

  /** Reads the next response. @param method what was asked, since an answer to HEAD has no body */
  async response(method = 'GET', limitMs = 5_000): Promise<RawResponse> {
    await this.#until(() => this.#bytes.includes('\r\n\r\n'), limitMs, 'a response head');
    const end = this.#bytes.indexOf('\r\n\r\n');
    const [statusLine = '', ...lines] = this.#bytes.subarray(0, end).toString('latin1').split('\r\n');
    this.#bytes = this.#bytes.subarray(end + 4);
    const headers = lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)] as const);
    const status = Number(statusLine.split(' ')[1]);
    const value = (name: string) => headers.find(([key]) => key.toLowerCase() === name)?.[1];
    const head = { statusLine, status, headers };
    if (method === 'HEAD' || status === 204 || status === 304 || status === 100) {
      return { ...head, body: Buffer.alloc(0), complete: true };
    }
    if (value('transfer-encoding') === 'chunked') {
      return { ...head, ...(await this.#chunks(limitMs)) };
    }
    const length = value('content-length');
    if (length === undefined) {
      await this.#until(() => this.ended, limitMs, 'the end of the connection');
      return { ...head, body: this.#take(this.#bytes.length), complete: true };
    }
    await this.#until(() => this.#bytes.length >= Number(length) || this.ended, limitMs, 'a response body');
    const body = this.#take(Number(length));
    return { ...head, body, complete: body.length === Number(length) };
  }

  /** Settles once the other end closes the connection. */
  async closed(limitMs = 5_000): Promise<void> {
    await this.#until(() => this.ended, limitMs, 'the end of the connection');
  }

  close(): void {
    this.socket.destroy();
  }

  async #chunks(limitMs: number): Promise<{ body: Buffer; complete: boolean }> {
    const pieces: Buffer[] = [];
    for (;;) {
      await this.#until(() => this.#bytes.includes('\r\n') || this.ended, limitMs, 'a chunk');
      const line = this.#bytes.indexOf('\r\n');
      if (line === -1) return { body: Buffer.concat(pieces), complete: false };
      const size = Number.parseInt(this.#bytes.subarray(0, line).toString('latin1'), 16);
      await this.#until(() => this.#bytes.length >= line + size + 4 || this.ended, limitMs, 'the rest of a chunk');
      this.#take(line + 2);
      const piece = this.#take(size);
      this.#take(2);
      if (size === 0) return { body: Buffer.concat(pieces), complete: true };
      if (piece.length < size) return { body: Buffer.concat([...pieces, piece]), complete: false };
      pieces.push(piece);
    }
  }

  #take(length: number): Buffer {
    const taken = Buffer.from(this.#bytes.subarray(0, length));
    this.#bytes = this.#bytes.subarray(length);
    return taken;
  }

  async #until(condition: () => boolean, limitMs: number, what: string): Promise<void> {
    const deadline = Date.now() + limitMs;
    while (!condition()) {
      const left = deadline - Date.now();
      if (left <= 0)
        throw new Error(
          `${what} did not come within ${limitMs} ms; got ${JSON.stringify(this.#bytes.toString('latin1'))}`,
        );
      if (this.ended)
        throw new Error(`the connection ended before ${what}; got ${JSON.stringify(this.#bytes.toString('latin1'))}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}
