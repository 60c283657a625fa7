/** What stands beside the servers: routes that answer "ok" with no model behind them, in a process of their own. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import fastify from 'fastify';

export type BareKind = 'bare fastify' | 'bare node http';

/** A bare server's address and end. */
export interface BareServer {
  readonly name: BareKind;
  readonly url: string;
  close(): Promise<void>;
}

/** Starts one; it reads bodies and answers "ok". */
export async function startBareServer(name: BareKind): Promise<BareServer> {
  const child: ChildProcess = fork(fileURLToPath(import.meta.url), [name]);
  const [url] = (await once(child, 'message')) as [string];
  return {
    name,
    url,
    close: async () => {
      child.disconnect();
      await once(child, 'exit');
    },
  };
}

async function serve(kind: string): Promise<number> {
  if (kind === 'bare fastify') {
    const app = fastify({ bodyLimit: 2 ** 30 });
    app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, _body, done) => done(null));
    app.post('/predictions/ok', async () => 'ok');
    await app.listen({ port: 0, host: '127.0.0.1' });
    return (app.server.address() as AddressInfo).port;
  }
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.end('ok'));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

if (process.send && process.argv[1] === fileURLToPath(import.meta.url)) {
  process.on('disconnect', () => process.exit(0));
  process.send(`http://127.0.0.1:${await serve(process.argv[2] ?? '')}/predictions/ok`);
}
