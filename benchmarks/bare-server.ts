/** What stands beside the servers: routes that answer "ok" with no model behind them, in a process of their own. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createHttp2Server, type Http2Server } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Server as GrpcServer, type handleUnaryCall, ServerCredentials } from '@grpc/grpc-js';
import fastify from 'fastify';
import { inferenceApi } from '../src/api/grpc/definitions.js';
import type { PredictionResponse } from '../src/generated/org/pytorch/serve/grpc/inference/PredictionResponse.js';
import type { PredictionsRequest__Output } from '../src/generated/org/pytorch/serve/grpc/inference/PredictionsRequest.js';

export type BareKind = 'bare fastify' | 'bare node http' | 'bare grpc-js' | 'bare node http2';

/** A bare server's address and end. */
export interface BareServer {
  readonly name: BareKind;
  /** As Load has it: of those that answer calls of gRPC, host and port. */
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

const host = '127.0.0.1';

const serve: Readonly<Record<BareKind, () => Promise<string>>> = {
  'bare fastify': async () => {
    const app = fastify({ bodyLimit: 2 ** 30 });
    app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, _body, done) => done(null));
    app.post('/predictions/ok', async () => 'ok');
    await app.listen({ port: 0, host });
    return predictionsOf(app.server);
  },
  'bare node http': async () => {
    const server = createServer((request, response) => {
      request.resume().on('end', () => response.end('ok'));
    });
    await once(server.listen(0, host), 'listening');
    return predictionsOf(server);
  },
  'bare grpc-js': async () => {
    const server = new GrpcServer({ 'grpc.enable_channelz': 0 });
    const Predictions: handleUnaryCall<PredictionsRequest__Output, PredictionResponse> = (_call, respond) => {
      respond(null, { prediction: Buffer.from('ok') });
    };
    server.addService(inferenceApi.types.org.pytorch.serve.grpc.inference.InferenceAPIsService.service, {
      Predictions,
    });
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync(`${host}:0`, ServerCredentials.createInsecure(), (error, bound) => {
        if (error) reject(error);
        else resolve(bound);
      });
    });
    return `${host}:${port}`;
  },
  'bare node http2': async () => {
    const server = createHttp2Server();
    answerCalls(server);
    await once(server.listen(0, host), 'listening');
    return `${host}:${portOf(server)}`;
  },
};

/** A PredictionResponse of "ok", as gRPC frames it: not compressed, four bytes, of which field 1 holds two. */
const okMessage = Buffer.from([0, 0, 0, 0, 4, 0x0a, 2, ...Buffer.from('ok')]);

/** The least that Node's HTTP/2 does for a unary call: head, message, trailers. */
function answerCalls(server: Http2Server): void {
  server.on('stream', (stream) => {
    stream.resume().on('end', () => {
      stream.respond({ 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(okMessage);
    });
  });
}

function predictionsOf(server: Server): string {
  return `http://${host}:${portOf(server)}/predictions/ok`;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

if (process.send && process.argv[1] === fileURLToPath(import.meta.url)) {
  process.on('disconnect', () => process.exit(0));
  process.send(await serve[process.argv[2] as BareKind]());
}
