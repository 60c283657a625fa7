import { createServer, type Server, type Socket } from 'node:net';
import { readLines } from './output-lines.js';
import type { OutputStream } from './worker-process.js';

type LineListener = (stream: OutputStream, line: string) => void;

/**
 * Where forked workers send what they print. A forked process inherits its parent's streams, so it connects here once
 * for each of its own, says which one it is on the first line, and puts the connection in the place of file
 * descriptor 1 or 2; what native code prints while it crashes comes through as well.
 */
export class OutputSocket {
  readonly path: string;
  readonly #server: Server = createServer((socket) => this.#accept(socket));
  readonly #listeners = new Map<string, LineListener>();
  readonly #sockets = new Set<Socket>();

  /** @param path of the socket, in a folder of mode 0700 that belongs to this server alone. */
  constructor(path: string) {
    this.path = path;
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.path, resolve);
    });
  }

  /**
   * Lines of this worker go to `listener` from now on; a restarted worker replaces its predecessor's.
   * @returns ends the wait for connections: what is connected goes on to be heard.
   */
  expect(workerId: string, listener: LineListener): () => void {
    this.#listeners.set(workerId, listener);
    return () => {
      if (this.#listeners.get(workerId) === listener) this.#listeners.delete(workerId);
    };
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    let deliver: ((line: string) => void) | null = null;
    readLines(socket, (line) => {
      if (deliver) deliver(line);
      else deliver = this.#introduced(line);
    });
  }

  #introduced(line: string): (line: string) => void {
    try {
      const { id, stream } = JSON.parse(line) as { id: string; stream: OutputStream };
      const listener = this.#listeners.get(id);
      return (text) => listener?.(stream, text);
    } catch {
      return () => {};
    }
  }
}
