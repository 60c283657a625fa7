import { connect, type Socket } from 'node:net';
import { type Frame, FrameReader, flag, frame, frameType, mostFrameBytes, unpadded } from './frame.js';
import { fieldsOf } from './header-block.js';
import { type Fields, HeaderEncoder } from './header-encoder.js';
import { SendWindow } from './send-window.js';

/** Who asked. */
export interface StreamListener {
  /** The wanted fields of the head or of the trailers. */
  fields(fields: ReadonlyMap<string, string>): void;
  data(piece: Buffer): void;
  /** Called once, last. @param broken why the answer is not whole; null where it is. */
  ended(broken: string | null): void;
}

/** A request that serves for many. */
export interface Http2Request {
  readonly fields: Fields;
  readonly body: Buffer;
}

interface Open {
  readonly listener: StreamListener;
  /** Milliseconds since the epoch. */
  heardAt: number;
}

const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const settingsId = { headerTableSize: 1, enablePush: 2, initialWindowSize: 4 } as const;
/** The largest window there is: an answer is read as fast as it comes. */
const widest = 2 ** 31 - 1;
const initialWindow = 65_535;
const noError = 0;
const cancel = 8;

/**
 * One connection of HTTP/2 in plain text, with as many requests on it at once as are asked for. It does what a load
 * generator needs and no more: Node's own client costs several times as much CPU a request, which the server on the
 * same machine would be missing.
 */
export class Http2Connection {
  readonly #socket: Socket;
  readonly #reader = new FrameReader();
  readonly #wanted: ReadonlySet<string>;
  readonly #streams = new Map<number, Open>();
  readonly #timeoutMs: number;
  readonly #sweeper: NodeJS.Timeout;
  readonly #window: SendWindow;
  readonly #encoder = new HeaderEncoder();
  #nextStream = 1;
  #received = 0;
  #closed = false;

  /**
   * @param wanted names of header fields that listeners hear of.
   * @param timeoutMs without a byte after which a request has failed, give or take a second.
   */
  constructor(address: string, wanted: ReadonlySet<string>, timeoutMs: number) {
    const { hostname, port } = new URL(`http://${address}`);
    this.#wanted = wanted;
    this.#socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port), noDelay: true });
    this.#window = new SendWindow((bytes) => this.#socket.write(bytes));
    this.#timeoutMs = timeoutMs;
    this.#sweeper = setInterval(() => this.#sweep(), Math.min(1000, timeoutMs)).unref();
    this.#socket.on('data', (data: Buffer) => this.#hear(data));
    this.#socket.on('error', (error: NodeJS.ErrnoException) => this.#broken(error.code ?? 'error'));
    this.#socket.on('close', () => this.#broken('closed'));
    this.#socket.write(
      Buffer.concat([
        Buffer.from(preface),
        frame(
          frameType.settings,
          0,
          0,
          Buffer.concat([
            setting(settingsId.headerTableSize, 0),
            setting(settingsId.enablePush, 0),
            setting(settingsId.initialWindowSize, widest),
          ]),
        ),
        windowUpdate(widest - initialWindow),
      ]),
    );
  }

  /** Whether it takes no further requests. */
  get closed(): boolean {
    return this.#closed;
  }

  request({ fields, body }: Http2Request, listener: StreamListener): void {
    const stream = this.#nextStream;
    this.#nextStream += 2;
    this.#streams.set(stream, { listener, heardAt: Date.now() });
    const head = frame(frameType.headers, flag.endHeaders, stream, this.#encoder.block(fields));
    if (body.length <= mostFrameBytes && this.#window.takes(body.length)) {
      // One write, and one packet.
      this.#socket.write(Buffer.concat([head, frame(frameType.data, flag.endStream, stream, body)]));
    } else {
      this.#socket.write(head);
      this.#window.send(stream, body);
    }
  }

  close(): void {
    this.#broken('closed');
  }

  #hear(data: Buffer): void {
    // What listeners send in answer goes out together.
    this.#socket.cork();
    try {
      this.#reader.feed(data, (heard) => this.#take(heard));
    } catch (error) {
      this.#broken(error instanceof Error ? error.message : String(error));
    }
    this.#socket.uncork();
  }

  #take(heard: Frame): void {
    const { type, flags, stream, payload } = heard;
    switch (type) {
      case frameType.data:
        this.#data(heard);
        this.#consumed(payload.length);
        if (flags & flag.endStream) this.#end(stream, null);
        break;
      case frameType.headers:
        this.#fields(heard);
        break;
      case frameType.reset:
        this.#end(stream, `RST_STREAM ${payload.readUInt32BE(0)}`);
        break;
      case frameType.settings:
        if (flags & flag.ack) break;
        this.#settings(payload);
        this.#socket.write(frame(frameType.settings, flag.ack, 0));
        break;
      case frameType.ping:
        if (!(flags & flag.ack)) this.#socket.write(frame(frameType.ping, flag.ack, 0, payload));
        break;
      case frameType.goAway:
        this.#goingAway(payload.readUInt32BE(0) & 0x7fffffff, payload.readUInt32BE(4));
        break;
      case frameType.windowUpdate:
        this.#window.widen(stream, payload.readUInt32BE(0) & 0x7fffffff);
        break;
    }
  }

  #data(heard: Frame): void {
    const open = this.#streams.get(heard.stream);
    if (!open) return;
    open.heardAt = Date.now();
    open.listener.data(unpadded(heard));
  }

  /** A server that is to keep no table has no reason for a block that does not fit into one frame. */
  #fields(heard: Frame): void {
    if (!(heard.flags & flag.endHeaders)) throw new Error('header fields in several frames are not read');
    this.#streams.get(heard.stream)?.listener.fields(fieldsOf(unpadded(heard), this.#wanted));
    if (heard.flags & flag.endStream) this.#end(heard.stream, null);
  }

  #settings(payload: Buffer): void {
    for (let at = 0; at + 6 <= payload.length; at += 6) {
      const value = payload.readUInt32BE(at + 2);
      const id = payload.readUInt16BE(at);
      if (id === settingsId.initialWindowSize) this.#window.initial = value;
      else if (id === settingsId.headerTableSize) this.#encoder.tableBytes = value;
    }
  }

  /** Our window for the connection is opened again before it is used up. */
  #consumed(bytes: number): void {
    this.#received += bytes;
    if (this.#received < widest / 2) return;
    this.#socket.write(windowUpdate(this.#received));
    this.#received = 0;
  }

  #goingAway(last: number, code: number): void {
    this.#closed = true;
    for (const stream of [...this.#streams.keys()]) {
      if (stream > last || code !== noError) this.#end(stream, `GOAWAY ${code}`);
    }
    if (this.#streams.size === 0) this.#socket.end();
  }

  #end(stream: number, broken: string | null): void {
    const open = this.#streams.get(stream);
    this.#streams.delete(stream);
    this.#window.forget(stream);
    if (this.#closed && this.#streams.size === 0) this.#socket.end();
    open?.listener.ended(broken);
  }

  #sweep(): void {
    const oldest = Date.now() - this.#timeoutMs;
    for (const [stream, { heardAt }] of this.#streams) {
      if (heardAt > oldest) continue;
      this.#socket.write(frame(frameType.reset, 0, stream, uint32(cancel)));
      this.#end(stream, 'timeout');
    }
  }

  #broken(reason: string): void {
    this.#closed = true;
    clearInterval(this.#sweeper);
    this.#socket.destroy();
    for (const stream of [...this.#streams.keys()]) this.#end(stream, reason);
  }
}

function windowUpdate(bytes: number): Buffer {
  return frame(frameType.windowUpdate, 0, 0, uint32(bytes));
}

function setting(id: number, value: number): Buffer {
  return Buffer.concat([Buffer.from([0, id]), uint32(value)]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
