import { type AddressInfo, createServer, type Server } from 'node:net';

/** `count` ports of the loopback interface that nobody listens on just now. */
export async function freePorts(count: number): Promise<number[]> {
  const listeners: Server[] = [];
  for (let index = 0; index < count; index += 1) listeners.push(await listen());
  const ports = listeners.map((listener) => (listener.address() as AddressInfo).port);
  await Promise.all(listeners.map((listener) => new Promise((done) => listener.close(done))));
  return ports;
}

function listen(): Promise<Server> {
  return new Promise((resolve, reject) => {
    const listener = createServer();
    listener.once('error', reject);
    listener.listen(0, '127.0.0.1', () => resolve(listener));
  });
}
