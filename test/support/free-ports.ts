import { createServer, type Server } from 'node:net';

/**
 * `count` ports in a row that nobody listens on just now, the first of them. They are looked for well away from the
 * ports that servers use by default, and below the range that the system hands out by itself.
 */
export async function freePorts(count: number): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const first = 20_000 + Math.floor(Math.random() * 11_000);
    const listeners: Server[] = [];
    try {
      for (let port = first; port < first + count; port += 1) listeners.push(await listen(port));
      return first;
    } catch {
      // one of them is taken: try elsewhere
    } finally {
      await Promise.all(listeners.map((listener) => new Promise((done) => listener.close(done))));
    }
  }
  throw new Error(`no ${count} free ports in a row were found`);
}

function listen(port: number): Promise<Server> {
  return new Promise((done, failed) => {
    const listener = createServer();
    listener.once('error', failed);
    listener.listen(port, '127.0.0.1', () => done(listener));
  });
}
